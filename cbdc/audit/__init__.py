"""The audit log of an institution: who did what, when, from where and why (INV-11)."""
