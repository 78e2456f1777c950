"""The staff's pages of merchants."""

from wallets.merchants.admin import keys, merchants, orders

__all__ = ["keys", "merchants", "orders"]
