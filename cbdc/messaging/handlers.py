"""Who handles a message: a registry that the layers above fill, by role and kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from cbdc.errors import Problem
from cbdc.institution import Role
from cbdc.protocol.messages import Message

M_contra = TypeVar("M_contra", bound=Message, contravariant=True)
M_co = TypeVar("M_co", bound=Message, covariant=True)


class Handler(Protocol[M_contra]):
    """Runs inside the transaction that also records the message id.

    `sender` is proved by the signature. A `Problem` rejects the message for good; any other
    exception leaves it unhandled, and the sender sends it again.
    """

    def __call__(self, message: M_contra, *, sender: str, message_id: UUID) -> None: ...


@dataclass(frozen=True, slots=True)
class Received(Generic[M_co]):
    """A message that came in a batch; its id is new."""

    message: M_co
    message_id: UUID


# Handles messages of one kind and one sender together, in one transaction, and answers for each
# whether it is refused. It must leave nothing of a refused one. When it raises, each message is
# handed to it alone, in a transaction of its own.
BatchHandler = Callable[..., Sequence[Problem | None]]

F = TypeVar("F", bound=Callable[..., None])
B = TypeVar("B", bound=BatchHandler)
_handlers: dict[tuple[Role, str], Callable[..., None]] = {}
_batch_handlers: dict[tuple[Role, str], BatchHandler] = {}


def handles(message: type[Message], *, at: Role) -> Callable[[F], F]:
    """Register the decorated function for `message` at institutions of that role."""

    def register(function: F) -> F:
        _claim((at, message.kind), function)
        _handlers[at, message.kind] = function
        return function

    return register


def handles_many(message: type[Message], *, at: Role) -> Callable[[B], B]:
    """Register the decorated `function(batch: Sequence[Received], *, sender)`."""

    def register(function: B) -> B:
        _claim((at, message.kind), function)
        _batch_handlers[at, message.kind] = function
        return function

    return register


def _claim(place: tuple[Role, str], function: Callable[..., object]) -> None:
    known = _handlers.get(place) or _batch_handlers.get(place)
    if known is not None and known is not function:
        raise ValueError(f"{place[1]} has a handler at {place[0]} already")


def handler_of(role: Role, kind: str) -> Callable[..., None] | None:
    """What handles one message of `kind` at `role`, or None."""
    single = _handlers.get((role, kind))
    batch = _batch_handlers.get((role, kind))
    if single is not None or batch is None:
        return single

    def handle(message: Message, *, sender: str, message_id: UUID) -> None:
        [problem] = batch([Received(message, message_id)], sender=sender)
        if problem is not None:
            raise problem

    return handle


def batch_handler_of(role: Role, kind: str) -> BatchHandler | None:
    """What handles many messages of `kind` together, or None. A single handler goes first."""
    place = (role, kind)
    return None if place in _handlers else _batch_handlers.get(place)
