"""What the layers above want to be told of wallets and devices, in the transaction of it."""

from collections.abc import Callable
from uuid import UUID

Shut = Callable[[UUID], None]
Closed = Callable[[str], None]
_shut: list[Shut] = []
_closed: list[Closed] = []


def on_device_shut_out(hook: Shut) -> Shut:
    """Call `hook(device_id)` when a device is shut out."""
    _shut.append(hook)
    return hook


def on_wallet_closed(hook: Closed) -> Closed:
    """Call `hook(wallet_id)` when a wallet is closed."""
    _closed.append(hook)
    return hook


def device_shut_out(device_id: UUID) -> None:
    """Tell who registered with `on_device_shut_out`."""
    for hook in _shut:
        hook(device_id)


def wallet_closed(wallet_id: str) -> None:
    """Tell who registered with `on_wallet_closed`."""
    for hook in _closed:
        hook(wallet_id)
