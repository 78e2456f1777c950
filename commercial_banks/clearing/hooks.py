"""What the layers above want to be told: they register, and are never imported from here."""

from collections.abc import Callable

from commercial_banks.clearing.models import InterbankPayment

Hook = Callable[[InterbankPayment], None]
_decided: list[Hook] = []
_received: list[Hook] = []


def on_decided(hook: Hook) -> Hook:
    """Call `hook` in the transaction in which an outgoing payment is completed or rejected."""
    _decided.append(hook)
    return hook


def on_received(hook: Hook) -> Hook:
    """Call `hook` in the transaction in which an incoming payment is credited."""
    _received.append(hook)
    return hook


def decided(payment: InterbankPayment) -> None:
    """Tell who registered with `on_decided`."""
    for hook in _decided:
        hook(payment)


def received(payment: InterbankPayment) -> None:
    """Tell who registered with `on_received`."""
    for hook in _received:
        hook(payment)
