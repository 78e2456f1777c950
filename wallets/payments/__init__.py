"""Payments, top-ups and withdrawals of wallets."""
