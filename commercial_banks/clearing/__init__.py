"""Payments to and from other banks, and their reconciliation."""
