"""The staff's pages of wallets, devices and upgrades."""

from wallets.accounts.admin import devices, reviews, wallets

__all__ = ["devices", "reviews", "wallets"]
