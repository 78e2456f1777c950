"""What a text in the central bank's search box may be: an id, hash, number, wallet or bank."""

import re

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from cbdc.approvals.models import ApprovalRequest
from cbdc.console.lookup import Place, as_uuid, in_places, keeper, may_see
from cbdc.console.role import Found
from cbdc.identifiers import institution_number_of, is_wallet_id
from cbdc.messaging.models import InboxMessage, OutboxMessage, Peer
from central_bank.clearing.models import ClearingPayment, SettlementCycle
from central_bank.issuance.models import BankAccount, IssuerKey, Token, TokenTransaction
from central_bank.supervision.models import Auditor, FreezeOrder

_HASH = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"#?([0-9]{1,12})")
_CODE = re.compile(r"[a-z][a-z0-9-]{1,31}")
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_BY_KEY: list[type[models.Model]] = [
    *[ClearingPayment, SettlementCycle, ApprovalRequest, FreezeOrder, OutboxMessage],
]
PAYMENTS = frozenset({"clearing.clearingpayment"})


def by_id(request: HttpRequest, text: str) -> list[Found]:
    """A UUID: of a payment, cycle, request, order to freeze or message."""
    looked_for = as_uuid(text)
    if looked_for is None:
        return []
    places: list[Place] = [(model, {"pk": looked_for}) for model in _BY_KEY]
    places.append((TokenTransaction, {"request_id": looked_for}))
    senders = Peer.objects.values("pk")
    places.append((InboxMessage, {"sender__in": senders, "message_id": looked_for}))
    return in_places(request, places, PAYMENTS)


def by_hash(request: HttpRequest, text: str) -> list[Found]:
    """A token, or a transaction of the registry."""
    looked_for = text.lower()
    if _HASH.fullmatch(looked_for) is None:
        return []
    return in_places(
        request,
        [(Token, {"pk": looked_for}), (TokenTransaction, {"transaction_id": looked_for})],
    )


def by_number(request: HttpRequest, text: str) -> list[Found]:
    """The number of a cycle, of a transaction in the registry, or of a bank."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return []
    return in_places(
        request,
        [
            (SettlementCycle, {"number": int(match[1])}),
            (TokenTransaction, {"pk": int(match[1])}),
            (Peer, {"number": match[1]}),
        ],
    )


def by_wallet(request: HttpRequest, text: str) -> list[Found]:
    """A wallet, with spaces or dashes as people write them: the bank that keeps it."""
    digits = text.replace(" ", "").replace("-", "")
    if not (is_wallet_id(digits) and may_see(request, Peer)):
        return []
    banks = Peer.objects.filter(number=institution_number_of(digits))
    return [keeper(digits, bank) for bank in banks]


def by_name(request: HttpRequest, text: str) -> list[Found]:
    """A bank or an auditor by its code, an issuer key by its id."""
    places: list[Place] = []
    if _CODE.fullmatch(text.lower()):
        code = text.lower()
        places += [(Peer, {"pk": code}), (BankAccount, {"pk": code}), (Auditor, {"pk": code})]
    if _KEY.fullmatch(text):
        places.append((IssuerKey, {"pk": text}))
    return in_places(request, places)


FINDERS = [by_id, by_hash, by_number, by_wallet, by_name]
ELSEWHERE = gettext_lazy(
    "Orders, refunds, top-ups and journeys are known to their bank alone: what is here of them is"
    " their payment, when it is between two banks."
)
