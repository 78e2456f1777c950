"""The staff's pages of merchants."""

from wallets.merchants.admin import keys, merchants, onboarding, orders

__all__ = ["keys", "merchants", "onboarding", "orders"]
