"""Which wallet a merchant is paid into: told by the layer of the merchants, which registers."""

from collections.abc import Callable

MerchantWallet = Callable[[str], str | None]


def _no_merchants(merchant_id: str) -> str | None:
    return None


_lookup: MerchantWallet = _no_merchants


def register_merchant_wallets(lookup: MerchantWallet) -> None:
    """Have `lookup(merchant_id)` asked from now on; it answers None for who is no merchant."""
    global _lookup
    _lookup = lookup


def wallet_of_merchant(merchant_id: str) -> str | None:
    """The wallet of a merchant of this bank, or None."""
    return _lookup(merchant_id)
