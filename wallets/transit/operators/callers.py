"""Which operator calls: a merchant with transit on, by a key with the scope."""

from rest_framework.request import Request

from cbdc.errors import ErrorCode, Problem
from wallets.merchants.authentication import authenticate_merchant
from wallets.merchants.keys import Scope
from wallets.merchants.models import Merchant
from wallets.transit.models import Operator


def authenticate_operator(request: Request) -> Operator:
    """The operator of the bearer key.

    Raises:
        Problem: authentication_required; permission_denied, for a key without the scope, and
            for a merchant that runs no gates.
    """
    merchant = authenticate_merchant(request, Scope.TRANSIT).merchant
    if not merchant.transit:
        raise Problem(ErrorCode.PERMISSION_DENIED, "The merchant is no transit operator.")
    return operator_of(merchant)


def operator_of(merchant: Merchant) -> Operator:
    """The operator that a merchant is; not kept yet before it has put fares (INV-10)."""
    known = Operator.objects.select_related("merchant").filter(merchant=merchant).first()
    return known or Operator(merchant=merchant)
