"""Tier 2: the operating institutions: treasury, customers, clearing."""
