"""Who takes part, under which limits, and the audit log."""
