"""Who must agree when a bank's guarantee changes: clearing registers here."""

from collections.abc import Callable

GuaranteeHandler = Callable[[str, int], None]
_handlers: list[GuaranteeHandler] = []


def on_guarantee_change(function: GuaranteeHandler) -> GuaranteeHandler:
    """Call `function(bank, change in fen)` in the transaction; a `Problem` refuses the change."""
    if function not in _handlers:
        _handlers.append(function)
    return function


def guarantee_changed(bank: str, change: int) -> None:
    """Tell whoever registered.

    Raises:
        Problem: insufficient_funds, when the guarantee is in use.
    """
    for function in _handlers:
        function(bank, change)
