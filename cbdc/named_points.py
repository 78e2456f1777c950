"""Named points of long operations: nothing happens at them, unless a test installed something.

A test of crashes ends its process at one of them, to show that nothing is lost there.
"""

from collections.abc import Callable

_hook: Callable[[str], None] | None = None


def reached(name: str) -> None:
    """The operation is at that point (`issue.reserves_debited`)."""
    if _hook is not None:
        _hook(name)


def install(hook: Callable[[str], None] | None) -> None:
    """Call `hook(name)` at each point from now on; None stops that. For tests alone."""
    global _hook
    _hook = hook
