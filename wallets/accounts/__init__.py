"""Wallets, the devices that open them, and their sessions."""
