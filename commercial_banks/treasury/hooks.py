"""Who wants to know how the treasury's requests ended: clearing registers here."""

from collections.abc import Callable

from commercial_banks.treasury.models import TokenRequest

Hook = Callable[[TokenRequest], None]
_answered: list[Hook] = []


def on_answer(hook: Hook) -> Hook:
    """Call `hook` in the transaction in which a request is done or refused."""
    _answered.append(hook)
    return hook


def answered(request: TokenRequest) -> None:
    """Tell whoever registered."""
    for hook in _answered:
        hook(request)
