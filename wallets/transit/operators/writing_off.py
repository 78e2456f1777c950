"""Giving debts up: they become losses of the operator, and are collected if money ever comes."""

from uuid import UUID

from cbdc.errors import ErrorCode, Problem
from wallets.transit.models import Charge
from wallets.transit.operators import claims
from wallets.transit.operators.machine import CHARGE, ChargeEvent


def write_off(*, charge_id: UUID) -> None:
    """Book a debt as a loss, in the caller's transaction.

    Raises:
        Problem: order_not_open, for a charge that is no debt.
    """
    charge = Charge.objects.select_for_update().get(id=charge_id)
    if charge.state not in CHARGE.leading_to(ChargeEvent.GIVE_UP, Charge.State.LOST):
        raise Problem(ErrorCode.ORDER_NOT_OPEN, "This charge is no debt.")
    claims.lost([charge])
    Charge.objects.filter(id=charge.id).update(state=Charge.State.LOST)
