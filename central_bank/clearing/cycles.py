"""The open cycle: which one a payment joins, and how it is closed while payments flow."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from cbdc.clock import now
from central_bank.clearing.domain import CycleState
from central_bank.clearing.models import SettlementCycle
from central_bank.supervision.hooks import at_initialisation

# Joining is shared, closing exclusive. An advisory lock and not the row: its queue is fair, so
# a stream of payments cannot keep a closing waiting, and nothing is written to take it.
_LOCK = 0x4359434C  # "CYCL"
_JOIN = """
SELECT pg_advisory_xact_lock_shared(%s); SELECT id FROM clearing_settlementcycle WHERE state = %s
"""


@at_initialisation
def open_first_cycle() -> None:
    """Open cycle 1; a second call changes nothing."""
    SettlementCycle.objects.get_or_create(number=1)


def join_open_cycle() -> UUID:
    """The cycle that takes what this transaction completes; it cannot close until then."""
    with connection.cursor() as cursor:  # two statements: the second sees what the lock waited for
        cursor.execute(_JOIN, [_LOCK, CycleState.OPEN])
        cursor.nextset()
        row: tuple[UUID] = cursor.fetchone()
        return row[0]


def open_cycle_id() -> UUID:
    """The cycle that is open now; by the time you look it may be closed."""
    return SettlementCycle.objects.values_list("id", flat=True).get(state=CycleState.OPEN)


def close_due_cycle() -> bool:
    """Close the open cycle if its period is over; returns whether this call did it.

    Half a period is enough: a beat that is early must not wait for the next one, and a second
    beat must not close what the first one has just opened.
    """
    cycle = SettlementCycle.objects.get(state=CycleState.OPEN)
    period = timedelta(seconds=settings.SETTLEMENT_PERIOD_S)
    return now() - cycle.opened_at >= period / 2 and close_cycle(cycle.id)


@transaction.atomic
def close_cycle(cycle_id: UUID) -> bool:
    """Fix the set of payments of an open cycle and open the next one.

    Returns whether this call did it. Payments wait only for this short transaction.

    Raises:
        SettlementCycle.DoesNotExist: no such cycle.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    cycle = SettlementCycle.objects.get(id=cycle_id)
    if cycle.state != CycleState.OPEN:
        return False
    moment = now()
    SettlementCycle.objects.filter(id=cycle_id).update(state=CycleState.CLOSED, closed_at=moment)
    SettlementCycle.objects.create(number=cycle.number + 1, opened_at=moment)
    return True
