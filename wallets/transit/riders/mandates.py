"""Charging wallets for journeys, under their credentials: at once, or when money is there.

Limits are held to here, by the payer's bank, once: a fare that was refused has counted nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction

from cbdc.clock import CHINA_STANDARD_TIME, now
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import derived_id
from cbdc.ledger.services import create_transfers
from cbdc.ledger.types import Ledger, Result, Transfer, TransferCode, TransferFlag
from wallets.notifications.services import Event, Noted, note_many
from wallets.payments.authorisation import Authorisation
from wallets.payments.models import Payment, Status
from wallets.payments.refusals import REFUSALS
from wallets.payments.services import pay
from wallets.transit.models import AskedFare, Credential

State = AskedFare.State
RETRY_FIRST = timedelta(seconds=2)  # doubled; for what money alone does not mend
RETRY_MAX = timedelta(hours=1)
DOUBLINGS_MAX = 12
RECOVER_BATCH = 200

_RECOVERABLE = """
SELECT f.id FROM transit_askedfare f JOIN ledger_balance b ON b.id = f.wallet_id::bigint
WHERE f.state = 'owed' AND f.try_at <= %s AND ledger_available(b) >= f.amount
ORDER BY f.try_at LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One charge of an operator's: `amount` fen for a transit day's journeys, or for one."""

    charge_id: UUID
    credential_id: UUID
    day: date
    amount: int
    payee_wallet: str
    operator_bank: str
    memo: str
    reference: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """`payment_id` and `payer_wallet` when it was paid, or is on its way; else `code` says why
    not. What is merely owed is tried again by itself."""

    charge_id: UUID
    payment_id: UUID | None = None
    payer_wallet: str = ""
    code: str = ""
    detail: str = ""


Recovered = Callable[[AskedFare], None]
_recovered: list[Recovered] = []


def on_recovered(hook: Recovered) -> Recovered:
    """Call `hook(fare)` when a fare that was owed is paid, or on its way, in its transaction."""
    _recovered.append(hook)
    return hook


def collect(batch: Sequence[Asked]) -> list[Outcome]:
    """Charge wallets of this bank for an operator of this bank; one call of the ledger.

    In the caller's transaction. What was asked before has the outcome that it had.
    """
    known = AskedFare.objects.in_bulk([asked.charge_id for asked in batch])
    outcomes = {charge_id: _outcome(fare) for charge_id, fare in known.items()}
    fresh = [asked for asked in batch if asked.charge_id not in known]
    fares = _fares(fresh, outcomes)
    results = create_transfers([_transfer(fare) for fare in fares]) if fares else []
    paid: list[AskedFare] = []
    for fare, result in zip(fares, results, strict=True):
        if result.recorded:
            fare.state, fare.payment_id = State.PAID, _payment_id(fare)
            paid.append(fare)
        elif result is Result.INSUFFICIENT_FUNDS and fare.credential.wallet.top_up_from:
            _try(fare)  # with what is missing out of the deposit account
        else:
            _owe(fare, REFUSALS[result])
    _write_payments(paid)
    AskedFare.objects.bulk_create(fares)
    outcomes |= {fare.id: _outcome(fare) for fare in fares}
    return [outcomes[asked.charge_id] for asked in batch]


def ask_one(asked: Asked) -> Outcome:
    """Charge a wallet of this bank for an operator of another, in the caller's transaction."""
    known = AskedFare.objects.filter(id=asked.charge_id).first()
    if known is not None:
        return _outcome(known)
    outcomes: dict[UUID, Outcome] = {}
    for fare in _fares([asked], outcomes):
        _try(fare)
        fare.save(force_insert=True)
        return _outcome(fare)
    return outcomes[asked.charge_id]


def withdraw(charge_ids: Sequence[UUID]) -> None:
    """The operator asks no more for what is owed; what is paid, or on its way, stays."""
    AskedFare.objects.filter(id__in=charge_ids, state=State.OWED).update(
        state=State.WITHDRAWN, try_at=None
    )


def recover() -> int:
    """Try what is owed and can now be paid, at most a batch; how many were."""
    with connection.cursor() as cursor:
        cursor.execute(_RECOVERABLE, [now(), RECOVER_BATCH])
        due = [row[0] for row in cursor.fetchall()]
    return sum(_recover_one(fare_id) for fare_id in due)


@transaction.atomic
def _recover_one(fare_id: UUID) -> bool:
    rows = AskedFare.objects.select_for_update(skip_locked=True, of=("self",))
    fare = (
        rows.select_related("credential__wallet", "credential__device")
        .filter(id=fare_id, state=State.OWED)
        .first()
    )
    if fare is None:
        return False
    _try(fare)
    fare.save()
    if fare.state == State.OWED:
        return False
    for hook in _recovered:
        hook(fare)
    return True


def payments_rejected(payment_ids: Sequence[UUID]) -> None:
    """Fares on their way to other banks came back: owed again."""
    AskedFare.objects.filter(payment_id__in=payment_ids, state=State.PAYING).update(
        state=State.OWED, payment_id=None, try_at=now() + RETRY_FIRST
    )


def payments_completed(payment_ids: Sequence[UUID]) -> None:
    """Fares on their way to other banks have arrived."""
    AskedFare.objects.filter(payment_id__in=payment_ids, state=State.PAYING).update(
        state=State.PAID
    )


def _fares(batch: Sequence[Asked], outcomes: dict[UUID, Outcome]) -> list[AskedFare]:
    """A row for each that a credential stands behind; the others go into `outcomes`."""
    credentials = Credential.objects.select_related("wallet", "device").in_bulk(
        [asked.credential_id for asked in batch]
    )
    fares = []
    for asked in batch:
        credential = credentials.get(asked.credential_id)
        if credential is None:
            outcomes[asked.charge_id] = _refused(asked, ErrorCode.NOT_FOUND)
        elif _revoked_before(credential, asked.day):
            outcomes[asked.charge_id] = _refused(asked, ErrorCode.PERMISSION_DENIED)
        else:
            fares.append(
                AskedFare(
                    id=asked.charge_id,
                    credential=credential,
                    wallet_id=credential.wallet_id,
                    operator_bank=asked.operator_bank,
                    payee_wallet=asked.payee_wallet,
                    amount=asked.amount,
                    memo=asked.memo,
                    reference=asked.reference,
                )
            )
    return fares


def _revoked_before(credential: Credential, day: date) -> bool:
    """A revoked credential still pays for the day on which it was, and for those before."""
    if credential.revoked_at is None:
        return False
    return bool(credential.revoked_at.astimezone(CHINA_STANDARD_TIME).date() < day)


def _refused(asked: Asked, error: ErrorCode) -> Outcome:
    return Outcome(asked.charge_id, code=error.code, detail=error.title)


def _outcome(fare: AskedFare) -> Outcome:
    if fare.state in (State.PAID, State.PAYING):
        return Outcome(fare.id, fare.payment_id, fare.wallet_id)
    return Outcome(fare.id, code=fare.code, detail="The wallet could not pay.")


def _try(fare: AskedFare) -> None:
    """Pay it as any payment, at once or to another bank; owed when it is refused."""
    device = fare.credential.device
    fare.attempts += 1
    try:
        with transaction.atomic():
            payment = pay(
                payer=fare.credential.wallet,
                payee_wallet=fare.payee_wallet,
                amount=fare.amount,
                memo=fare.memo,
                by=Authorisation(device.id, device.limited_until),
            )
    except Problem as problem:
        _owe(fare, problem.error)
        return
    fare.state = State.PAID if payment.status == Status.COMPLETED else State.PAYING
    fare.payment_id, fare.code, fare.try_at = payment.id, "", None


def _owe(fare: AskedFare, error: ErrorCode) -> None:
    """Try again as soon as the money is there; later and later when it is not about money."""
    pause = RETRY_FIRST * 2 ** min(fare.attempts, DOUBLINGS_MAX)
    waits = min(pause, RETRY_MAX) if error is not ErrorCode.INSUFFICIENT_FUNDS else timedelta()
    fare.state, fare.code, fare.try_at = State.OWED, error.code, now() + waits


def _payment_id(fare: AskedFare) -> UUID:
    return derived_id(fare.id, "payment")


def _transfer(fare: AskedFare) -> Transfer:
    device = fare.credential.device
    payment_id = _payment_id(fare)
    return Transfer(
        id=derived_id(payment_id, "pay"),
        debit_account=int(fare.wallet_id),
        credit_account=int(fare.payee_wallet),
        amount=fare.amount,
        ledger=Ledger.DIGITAL_CURRENCY,
        code=TransferCode.FARE,
        reference=payment_id,
        occurred_at=fare.asked_at,
        flags=TransferFlag.LIMITED,
        strict_category=Authorisation(device.id, device.limited_until).strict_category,
    )


def _write_payments(fares: Sequence[AskedFare]) -> None:
    """The payments of fares that the ledger has moved, and what their payers hear."""
    if not fares:
        return
    moment = now()
    Payment.objects.bulk_create(
        Payment(
            id=_payment_id(fare),
            payer_wallet=fare.wallet_id,
            payee_wallet=fare.payee_wallet,
            amount=fare.amount,
            memo=fare.memo,
            status=Status.COMPLETED,
            completed_at=moment,
            device_id=fare.credential.device_id,
        )
        for fare in fares
    )
    note_many(
        [Noted(_payment_id(fare), fare.wallet_id, Event.MONEY_OUT, fare.amount) for fare in fares]
    )
