"""The auditor of merchants finds what was changed behind the services' back."""

from datetime import timedelta

import pytest
from django.db import connection

from cbdc.clock import injected, now
from commercial_banks.clearing.audit import audit_bank
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import ORDERS, PRICE, Till, scan
from tests.support import acting_as
from wallets.merchants.returns import send_due_returns

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

EDITS = {
    "UPDATE merchants_order SET refunded = refunded + 1 WHERE status = 'paid'": "counts refunds",
    "UPDATE merchants_order SET refunding = 1 WHERE status = 'paid'": "counts refunds",
    "UPDATE merchants_order SET payment_id = gen_random_uuid() WHERE status = 'paid'": "is paid",
    "UPDATE merchants_order SET amount = amount + 1 WHERE status = 'paid'": "is paid",
    "UPDATE merchants_order SET fee = fee + 1 WHERE status = 'paid'": "the account of fees",
    "UPDATE merchants_refund SET amount = amount + 1": "counts refunds",
    "UPDATE merchants_refund SET payment_id = NULL": "no payment of its amount went back",
    "DELETE FROM merchants_return": "neither paid it nor is sent back",
}


def test_every_edit_is_found(network: Network, far_shop: Till, alice: Holder) -> None:
    far_shop.terms(fee_basis_points=100)
    paid, closed = far_shop.order(), far_shop.order()
    far_shop.post(f"{ORDERS}/{closed['order_id']}/close")
    scan(alice, paid)
    scan(alice, closed)
    network.drain()
    far_shop.refund(paid, PRICE // 3)
    later = now() + timedelta(seconds=1)
    with injected(lambda: later):
        with acting_as("lotus"):
            assert send_due_returns() == 1
        network.drain()
    with acting_as("lotus"):
        assert audit_bank() == []
        for edit, finding in EDITS.items():
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute(edit)
                assert cursor.rowcount >= 1, edit
                found = audit_bank()
                cursor.execute("ROLLBACK")
            assert any("INV-8" in text and finding in text for text in found), (edit, found)
        assert audit_bank() == []
