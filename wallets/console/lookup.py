"""What a text in a bank's search box may be: digits, a phone, a token, an id, an order number."""

import re
from dataclasses import replace
from uuid import UUID

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext as _

from cbdc.approvals.models import ApprovalRequest
from cbdc.console.lookup import FOUND_MAX, Place, as_uuid, in_places, keeper, may_see, page_of
from cbdc.console.recording import record
from cbdc.console.role import Found
from cbdc.identifiers import institution_number_of, is_wallet_id
from cbdc.institution import CENTRAL_BANK_CODE, this_institution
from cbdc.messaging.models import InboxMessage, OutboxMessage
from commercial_banks.clearing.models import (
    DirectoryEntry,
    GrossSettlement,
    InterbankPayment,
    Settlement,
)
from commercial_banks.customers.models import Customer, DepositAccount
from commercial_banks.customers.privacy import look_up_hash
from commercial_banks.treasury.models import TokenRequest, VaultToken
from wallets.accounts.models import Device, Wallet
from wallets.merchants.models import Merchant, Order, Refund, Return, Shop, Terminal
from wallets.payments.models import DepositMovement, Payment, PaymentRequest
from wallets.transit.models import (
    AskedFare,
    Charge,
    Credential,
    FareRefund,
    Operator,
    RatedJourney,
    RefusedTap,
    ToldJourney,
)
from wallets.webhooks.models import Delivery, Endpoint

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_TOKEN = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[0-9]{16,18}")
# Models whose key is the id that people have of them.
_BY_KEY: list[type[models.Model]] = [
    *[Payment, InterbankPayment, GrossSettlement, DepositMovement, PaymentRequest],
    *[Order, Refund, Return, Merchant, Shop, Terminal, Device, Customer],
    *[TokenRequest, Settlement, OutboxMessage, Endpoint, Charge, FareRefund, AskedFare],
    *[Credential, ApprovalRequest],
]
PAYMENTS = frozenset({"payments.payment", "bank_clearing.interbankpayment"})


def by_id(request: HttpRequest, text: str) -> list[Found]:
    """A UUID: of a payment, order, refund, journey, message, device and what else has one."""
    looked_for = as_uuid(text)
    if looked_for is None:
        return []
    places: list[Place] = [(model, {"pk": looked_for}) for model in _BY_KEY]
    places.append((InboxMessage, {"sender": CENTRAL_BANK_CODE, "message_id": looked_for}))
    endpoints = Endpoint.objects.values("pk")
    places.append((Delivery, {"endpoint_id__in": endpoints, "event_id": looked_for}))
    places += _of_operators(looked_for)
    return [*in_places(request, places, PAYMENTS), *_told(request, looked_for)]


def _told(request: HttpRequest, looked_for: UUID) -> list[Found]:
    """A journey of ours with another bank's operator, by the credential that it was made with."""
    if not may_see(request, Credential):
        return []
    banks = DirectoryEntry.objects.values("code")
    told = ToldJourney.objects.filter(from_bank__in=banks, journey_id=looked_for)
    kind = _("Journey that its operator's bank told of, by its credential")
    return [
        replace(page_of(Credential, str(credential)), kind=kind, leads=False)
        for credential in told.values_list("credential_id", flat=True)[:FOUND_MAX]
    ]


def _of_operators(looked_for: UUID) -> list[Place]:
    """Journeys and taps are kept by their operator first; a bank has few of them."""
    operators = Operator.objects.values("pk")
    return [
        (RatedJourney, {"operator_id__in": operators, "journey_id": looked_for}),
        (RefusedTap, {"operator_id__in": operators, "tap_id": looked_for}),
    ]


def by_number(request: HttpRequest, text: str) -> list[Found]:
    """A wallet or a deposit account, with spaces or dashes as people write them; of another bank's
    wallet, that bank."""
    digits = text.replace(" ", "").replace("-", "")
    if _NUMBER.fullmatch(digits) is None:
        return []
    number = institution_number_of(digits)
    if is_wallet_id(digits) and number != this_institution().number:
        others = DirectoryEntry.objects.filter(number=number)
        return [keeper(digits, bank) for bank in others if may_see(request, DirectoryEntry)]
    return in_places(request, [(Wallet, {"pk": digits}), (DepositAccount, {"pk": digits})])


def by_phone(request: HttpRequest, text: str) -> list[Found]:
    """The wallets and the customer of a phone, by its keyed hash: no page shows the number.

    That somebody was looked for by a phone is recorded, with what was found and without the phone.
    """
    phone = text.replace(" ", "").replace("-", "")
    if _PHONE.fullmatch(phone) is None:
        return []
    hashed = look_up_hash(phone)
    found = in_places(
        request,
        [
            (Wallet, {"phone_hash": hashed}),
            (Customer, {"phone_hash": hashed, "kind": Customer.Kind.PERSON}),
        ],
    )
    subject = found[0].name if found else "nobody"
    record(request, action="look_up_by_phone", subject=subject, detail={"found": len(found)})
    return found


def by_token(request: HttpRequest, text: str) -> list[Found]:
    """A token of the vault."""
    if _TOKEN.fullmatch(text.lower()) is None:
        return []
    return in_places(request, [(VaultToken, {"pk": text.lower()})])


def by_merchants_number(request: HttpRequest, text: str) -> list[Found]:
    """A merchant's own number of an order or a refund; several merchants may use the same."""
    merchants = Merchant.objects.values("pk")
    return in_places(
        request,
        [
            (Order, {"merchant_id__in": merchants, "out_trade_no": text}),
            (Refund, {"merchant_id__in": merchants, "out_refund_no": text}),
        ],
    )


FINDERS = [by_id, by_number, by_phone, by_token, by_merchants_number]
