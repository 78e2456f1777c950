"""From journeys to charges: what a rider is still to pay for a day, or a journey, or gets back.

A bill is compared with what its charges took, and only the difference moves: so a late tap, in
whatever order, ends with the same sum. What is under way is waited for.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from cbdc.clock import now
from cbdc.identifiers import new_id
from wallets.transit.domain.days import ONE_DAY, Tariff, day_start, week_of
from wallets.transit.models import Charge, Operator, RiderWeek
from wallets.transit.operators import claims, denials
from wallets.transit.operators.asking import take_back
from wallets.transit.operators.fares import tariff_of
from wallets.transit.operators.machine import CHARGE, ChargeEvent
from wallets.transit.operators.refunding import give_back
from wallets.transit.operators.weeks import claim

State = Charge.State
VOIDABLE = CHARGE.leading_to(ChargeEvent.REBILLED, State.VOID)
BATCH = 500
GRACE = timedelta(hours=1)  # after the end of a day: gates upload what they have
WAIT = timedelta(seconds=10)  # for what another bank was asked

_FARES = """
SELECT credential_id, day, journey_id, charged FROM transit_ratedjourney
WHERE operator_id = %s AND credential_id = ANY(%s) AND week = ANY(%s)
"""
_BILLED = """
UPDATE transit_riderweek w SET bill_at = b.bill_at
FROM unnest(%s::uuid[], %s::date[], %s::timestamptz[]) AS b (credential_id, week, bill_at)
WHERE w.operator_id = %s AND (w.credential_id, w.week) = (b.credential_id, b.week)
"""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Bill:
    """What is charged together: a rider's transit day, or one journey of it."""

    credential_id: UUID
    day: date
    journey_id: UUID | None


def bill_due() -> int:
    """Bill what is due and rated, at most a batch of one operator; how many rider-weeks."""
    with transaction.atomic():
        due = RiderWeek.objects.filter(bill_at__lte=now()).exclude(due_at__lte=now())
        rows = claim(due, "bill_at", limit=BATCH)
        if rows:
            _bill(Operator.objects.get(pk=rows[0].operator_id), rows)
    return len(rows)


def bill_day_again(charge: Charge) -> None:
    """Have the week of a charge's day compared with its charges, in the caller's transaction."""
    RiderWeek.objects.filter(
        operator_id=charge.operator_id, credential_id=charge.credential_id, week=week_of(charge.day)
    ).update(bill_at=now())


@dataclass(slots=True)
class _Plan:
    """What a batch comes to; carried out at its end, in one order of locks."""

    opened: list[Charge] = field(default_factory=list)
    void: list[Charge] = field(default_factory=list)
    back: list[tuple[list[Charge], int]] = field(default_factory=list)


def _bill(operator: Operator, weeks: Sequence[RiderWeek]) -> None:
    tariff, moment = tariff_of(operator.pk), now()
    charges = _charges(operator, weeks)
    wanted = _wanted(operator, weeks, charges)
    of_rider: defaultdict[UUID, set[Bill]] = defaultdict(set)
    for bill in wanted.keys() | charges.keys():
        of_rider[bill.credential_id].add(bill)
    plan = _Plan()
    again: list[datetime | None] = []
    for week in weeks:
        later: list[datetime] = []
        for bill in of_rider[week.credential_id]:
            if not week.week <= bill.day < week.week + WEEK:
                continue
            ends = _billable_from(bill.day, tariff)
            if ends > moment and not settings.TRANSIT_BILLS_OPEN_DAYS:
                later.append(ends)
            elif any(charge.state == State.ASKED for charge in charges[bill]):
                later.append(moment + WAIT)
            else:
                _compare(plan, operator, week.bank_number, bill, wanted.get(bill, 0), charges[bill])
        again.append(min(later, default=None))
    _carry_out(plan)
    with connection.cursor() as cursor:
        ids, mondays = [week.credential_id for week in weeks], [week.week for week in weeks]
        cursor.execute(_BILLED, [ids, mondays, again, operator.pk])


def _wanted(
    operator: Operator, weeks: Iterable[RiderWeek], charges: Iterable[Bill]
) -> Mapping[Bill, int]:
    """What the journeys say. A rider's day that was billed one way stays so, whatever the
    operator chooses for others: nobody is paid back and charged again for that."""
    by_journey = operator.billing == Operator.Billing.JOURNEY
    billed = {(bill.credential_id, bill.day): bill.journey_id is not None for bill in charges}
    ids = list({week.credential_id for week in weeks})
    mondays = list({week.week for week in weeks})
    wanted: defaultdict[Bill, int] = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(_FARES, [operator.pk, ids, mondays])
        for rider, day, journey, charged in cursor:
            alone = billed.get((rider, day), by_journey)
            wanted[Bill(rider, day, journey if alone else None)] += charged
    return wanted


def _charges(operator: Operator, weeks: Sequence[RiderWeek]) -> Mapping[Bill, list[Charge]]:
    found: defaultdict[Bill, list[Charge]] = defaultdict(list)
    rows = (
        Charge.objects.select_for_update(of=("self",))
        .filter(
            operator=operator,
            credential_id__in={week.credential_id for week in weeks},
            day__gte=min(week.week for week in weeks),
            day__lt=max(week.week for week in weeks) + WEEK,
        )
        .exclude(state=State.VOID)
        .order_by("id")
    )
    for charge in rows:
        found[Bill(charge.credential_id, charge.day, charge.journey_id)].append(charge)
    return found


def _compare(
    plan: _Plan,
    operator: Operator,
    bank_number: str,
    bill: Bill,
    wanted: int,
    charges: Sequence[Charge],
) -> None:
    """Plan what makes the charges of a bill come to what is wanted."""
    paid = [charge for charge in charges if charge.state == State.PAID]
    waiting = [charge for charge in charges if charge.state in VOIDABLE]
    missing = wanted - sum(charge.amount - charge.refunded + charge.goodwill for charge in paid)
    if sum(charge.amount for charge in waiting) == max(missing, 0) and missing >= 0:
        return
    plan.void += waiting
    if missing < 0:
        plan.back.append((paid, -missing))
    elif missing > 0:
        plan.opened.append(
            Charge(
                id=new_id(),
                operator=operator,
                credential_id=bill.credential_id,
                bank_number=bank_number,
                day=bill.day,
                journey_id=bill.journey_id,
                amount=missing,
            )
        )


def _carry_out(plan: _Plan) -> None:
    """A debt that is void is taken back from where it is owed, and its rider let in again."""
    Charge.objects.bulk_create(plan.opened)
    for paid, amount in plan.back:
        give_back(paid, amount)
    ids = [charge.id for charge in plan.void]
    Charge.objects.filter(id__in=ids).update(state=State.VOID, settled_at=now())
    debts = [charge for charge in plan.void if charge.state in (State.OWED, State.LOST)]
    claims.settled(debts)
    take_back(debts)
    denials.let_in(debts)


def _billable_from(day: date, tariff: Tariff) -> datetime:
    """When a transit day is over, and gates have had an hour."""
    return day_start(tariff.table_of(day), day + ONE_DAY) + GRACE
