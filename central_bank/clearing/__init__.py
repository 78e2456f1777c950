"""Clearing of payments between banks, and their settlement in cycles."""
