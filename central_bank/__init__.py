"""Tier 1: issues the currency, clears between banks, settles, supervises."""
