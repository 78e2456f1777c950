"""Notes to and from other banks about their customers, by topic, for the layers above.

A note is JSON that the central bank cannot read (`cbdc.crypto.notes`). Who handles a topic
registers; what he gets is proved to be of the bank that he is told.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from cbdc.crypto import keys
from cbdc.crypto.notes import open_note, seal_note
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE, Role, this_institution
from cbdc.messaging.handlers import handles
from cbdc.messaging.identity import own_key
from cbdc.messaging.services import send_many
from cbdc.protocol.messages import SealedNote
from cbdc.strict_json import StrictJsonError, loads_object
from commercial_banks.clearing.directory import newest_key

logger = logging.getLogger(__name__)
Handler = Callable[[str, Mapping[str, Any]], None]
_handlers: dict[str, Handler] = {}
TOPIC, CONTENT = "topic", "content"


def on_note(topic: str) -> Callable[[Handler], Handler]:
    """Have notes of that topic given to `handler(from_bank, content)`, in their transaction.

    It raises `Problem` for content that it does not take, and the note is parked.
    """

    def register(handler: Handler) -> Handler:
        _handlers[topic] = handler
        return handler

    return register


def send_notes(to: str, topic: str, contents: Sequence[Mapping[str, Any]]) -> None:
    """Send a note for each content, in the caller's transaction. A bank without a key gets none."""
    public = newest_key(to)
    if public is None:
        logger.warning("no key of %s is known: %d notes were not sent", to, len(contents))
        return
    key_id = keys.key_id(public)
    send_many(
        to=CENTRAL_BANK_CODE,
        messages=[
            SealedNote(
                note_id=new_id(),
                from_bank=this_institution().code,
                to_bank=to,
                key_id=key_id,
                sealed=seal_note(
                    json.dumps({TOPIC: topic, CONTENT: content}, separators=(",", ":")).encode(),
                    public,
                ),
            )
            for content in contents
        ],
    )


@handles(SealedNote, at=Role.COMMERCIAL_BANK)
def received(message: SealedNote, *, sender: str, message_id: UUID) -> None:
    """Open a note and give it to who handles its topic.

    Raises:
        Problem: malformed_request, for one that is not for our key or that nobody takes.
    """
    try:
        note = loads_object(open_note(message.sealed, own_key()))
        handler, content = _handlers[note[TOPIC]], note[CONTENT]
    except (StrictJsonError, ValueError, KeyError, TypeError) as error:
        raise Problem(ErrorCode.MALFORMED_REQUEST, "This note cannot be read here.") from error
    if not isinstance(content, dict):
        raise Problem(ErrorCode.MALFORMED_REQUEST, "This note has no content.")
    handler(message.from_bank, content)
