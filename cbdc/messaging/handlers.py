"""Who handles a message: a registry that the layers above fill, by role and kind."""

from collections.abc import Callable
from typing import Protocol, TypeVar
from uuid import UUID

from cbdc.institution import Role
from cbdc.protocol.messages import Message

M_contra = TypeVar("M_contra", bound=Message, contravariant=True)


class Handler(Protocol[M_contra]):
    """Runs inside the transaction that also records the message id.

    `sender` is proved by the signature. A `Problem` rejects the message for good; any other
    exception leaves it unhandled, and the sender sends it again.
    """

    def __call__(self, message: M_contra, *, sender: str, message_id: UUID) -> None: ...


F = TypeVar("F", bound=Callable[..., None])
_handlers: dict[tuple[Role, str], Callable[..., None]] = {}


def handles(message: type[Message], *, at: Role) -> Callable[[F], F]:
    """Register the decorated function for `message` at institutions of that role."""

    def register(function: F) -> F:
        place = (at, message.kind)
        if _handlers.setdefault(place, function) is not function:
            raise ValueError(f"{message.kind} has a handler at {at} already")
        return function

    return register


def handler_of(role: Role, kind: str) -> Callable[..., None] | None:
    """The function registered for `kind` at `role`, or None."""
    return _handlers.get((role, kind))
