"""What the layers above want to be told: they register, and are never imported from here.

A hook runs in the transaction of what it is told. A hook for many is called once with all
payments that a batch decided or credited, which is cheaper; one for a single payment is called
for each.
"""

from collections.abc import Callable, Sequence

from commercial_banks.clearing.models import InterbankPayment

Hook = Callable[[InterbankPayment], None]
ManyHook = Callable[[Sequence[InterbankPayment]], None]
_decided: list[ManyHook] = []
_received: list[ManyHook] = []


def on_decided(hook: Hook) -> Hook:
    """Call `hook` when an outgoing payment or return is completed or rejected."""
    _decided.append(_each(hook))
    return hook


def on_received(hook: Hook) -> Hook:
    """Call `hook` when an incoming payment or return is credited."""
    _received.append(_each(hook))
    return hook


def on_decided_many(hook: ManyHook) -> ManyHook:
    """`on_decided` for all payments of a batch at once."""
    _decided.append(hook)
    return hook


def on_received_many(hook: ManyHook) -> ManyHook:
    """`on_received` for all payments of a batch at once."""
    _received.append(hook)
    return hook


def decided(payments: Sequence[InterbankPayment]) -> None:
    """Tell who registered with `on_decided` or `on_decided_many`."""
    for hook in _decided if payments else ():
        hook(payments)


def received(payments: Sequence[InterbankPayment]) -> None:
    """Tell who registered with `on_received` or `on_received_many`."""
    for hook in _received if payments else ():
        hook(payments)


def _each(hook: Hook) -> ManyHook:
    def call(payments: Sequence[InterbankPayment]) -> None:
        for payment in payments:
            hook(payment)

    return call
