"""The double-entry engine, one per institution: the only door through which money moves."""
