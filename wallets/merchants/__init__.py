"""Merchants: orders, charges, refunds, statements, and the keys they call with."""
