"""A bank as the central bank sees it: what it sends, and what it is sent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from cbdc.crypto import keys
from cbdc.crypto.tokens import SignedToken, authorise
from cbdc.errors import Problem
from cbdc.identifiers import new_id, wallet_id
from cbdc.institution import Role
from cbdc.messaging.handlers import handler_of
from cbdc.messaging.models import OutboxMessage
from cbdc.protocol.codecs import decode, encode
from cbdc.protocol.messages import (
    Camt054,
    Message,
    Pacs002,
    Pacs008,
    Pacs009,
    TokenAdvice,
    TokenIssueRequest,
    TokenLockRequest,
    TokenMergeRequest,
    TokenRedeemRequest,
    TokenUnlockRequest,
)
from central_bank.clearing.cycles import close_cycle, open_cycle_id
from central_bank.issuance.services import AboveQuotaError
from central_bank.supervision.seed import seed_central_bank
from tests.support import key_file, public_key

NUMBERS = {"harbor": "0011", "lotus": "0012", "jade": "0013"}
NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
M = TypeVar("M", bound=Message)
THREADS = 16
Spending = (
    type[TokenRedeemRequest]
    | type[TokenLockRequest]
    | type[TokenUnlockRequest]
    | type[TokenMergeRequest]
)


def seed() -> dict[str, list[dict[str, Any]]]:
    """A central bank with harbor, lotus and jade, all with reserves and quota."""
    return seed_central_bank([card(code) for code in NUMBERS])


def card(code: str) -> dict[str, str]:
    return {
        "code": code,
        "number": NUMBERS[code],
        "name": code.title(),
        "base_url": f"http://{code}.test",
        "public_key": public_key(code),
    }


def wallet(bank: str, serial: int = 1) -> str:
    return wallet_id(NUMBERS[bank], serial)


def deliver(sender: str, message: Message, message_id: UUID | None = None) -> None:
    """Hand a message of a bank to its handler, as it comes off the wire."""
    handler = handler_of(Role.CENTRAL_BANK, message.kind)
    assert handler is not None
    with transaction.atomic():
        handler(
            decode(message.kind, encode(message)), sender=sender, message_id=message_id or new_id()
        )


def sent(to: str, cls: type[M]) -> list[M]:
    """What the central bank has sent to a bank, of one kind, in order."""
    rows = OutboxMessage.objects.filter(to=to, kind=cls.kind).order_by("created_at")
    messages = [decode(row.kind, row.body) for row in rows]
    return [message for message in messages if isinstance(message, cls)]


def last(to: str, cls: type[M]) -> M:
    """The newest of them."""
    [*_, message] = sorted(
        OutboxMessage.objects.filter(to=to, kind=cls.kind), key=lambda row: row.created_at
    )
    decoded = decode(message.kind, message.body)
    assert isinstance(decoded, cls)
    return decoded


def pacs008(payer: str, payee: str, amount: int, **changes: Any) -> Pacs008:
    values: dict[str, Any] = {
        "payment_id": new_id(),
        "payer_bank": payer,
        "payee_bank": payee,
        "payer_wallet": wallet(payer),
        "payee_wallet": wallet(payee),
        "amount": amount,
        "currency": "CNY",
        "memo": "tea",
        "order_reference": None,
        "created_at": NOW,
    }
    return Pacs008(**{**values, **changes})


def accepted(payment_id: UUID) -> Pacs002:
    return Pacs002(payment_id=payment_id, status="ACSC", reason=None, code=None, detail=None)


def rejected(payment_id: UUID, code: str = "wallet_closed") -> Pacs002:
    return Pacs002(
        payment_id=payment_id, status="RJCT", reason="AC04", code=code, detail="It is closed."
    )


def pay(payer: str, payee: str, amount: int) -> UUID:
    """A payment that goes through."""
    message = pacs008(payer, payee, amount)
    deliver(payer, message)
    deliver(payee, accepted(message.payment_id))
    return message.payment_id


def close() -> UUID:
    """Close the open cycle."""
    cycle_id = open_cycle_id()
    assert close_cycle(cycle_id)
    return cycle_id


def at_once(*actions: Callable[[], object]) -> list[object]:
    """What each action returned or raised."""

    def run(action: Callable[[], object]) -> object:
        try:
            return action()
        except (Problem, AboveQuotaError) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, actions))


@dataclass
class Vault:
    """A bank's tokens, as it learns of them by messages."""

    bank: str
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)

    def issue(self, amount: int, request_id: UUID | None = None) -> UUID:
        request_id = request_id or new_id()
        deliver(self.bank, TokenIssueRequest(request_id=request_id, amount=amount))
        return self.learn(request_id)

    def spend(
        self,
        cls: Spending,
        amount: int,
        inputs: tuple[str, ...] | None = None,
        *,
        tampered: dict[str, Any] | None = None,
    ) -> UUID:
        """Ask for it; `tampered` fields change after the bank has signed."""
        request_id = new_id()
        if inputs is None:
            inputs = self.ids(locked=cls is TokenUnlockRequest)
        authorisation = sign(self.bank, cls, request_id, amount, inputs)
        values: dict[str, Any] = {
            "request_id": request_id,
            "amount": amount,
            "inputs": inputs,
            "authorisation": authorisation,
        }
        deliver(self.bank, cls(**{**values, **(tampered or {})}))
        return self.learn(request_id)

    def learn(self, request_id: UUID) -> UUID:
        for advice in sent(self.bank, TokenAdvice):
            if advice.request_id == request_id:
                self.apply(advice)
        return request_id

    def settled(self) -> None:
        """Learn from the last settlement."""
        self.apply(last(self.bank, Pacs009))

    def apply(self, advice: TokenAdvice | Pacs009 | Camt054) -> None:
        for token_id in advice.consumed:
            self.tokens.pop(token_id, None)
        for wire in advice.created:
            self.tokens[token_id_of(wire)] = wire

    def ids(self, *, locked: bool) -> tuple[str, ...]:
        return tuple(
            sorted(
                i for i, wire in self.tokens.items() if (wire["token"]["lock"] is None) != locked
            )
        )

    def value(self, *, locked: bool) -> int:
        return sum(self.tokens[i]["token"]["value"] for i in self.ids(locked=locked))


def token_id_of(wire: dict[str, Any]) -> str:
    return SignedToken.from_wire(wire).token.token_id


def sign(bank: str, cls: Spending, request_id: UUID, amount: int, inputs: tuple[str, ...]) -> str:
    key = keys.load_private_key(Path(key_file(bank)), settings.KEY_PASSPHRASE)
    kind = cls.kind.removeprefix("token.")
    return authorise(key, kind=kind, inputs=inputs, amount=amount, request_id=str(request_id))


def guarantee(bank: str, amount: int) -> Vault:
    """A bank that has locked `amount` fen."""
    vault = Vault(bank)
    vault.issue(amount)
    vault.spend(TokenLockRequest, amount)
    return vault
