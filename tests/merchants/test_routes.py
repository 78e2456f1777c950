"""A bank that has just started has no directory yet: it asks for it, and refuses nobody."""

from collections.abc import Callable, Iterator

import pytest

from commercial_banks.clearing import directory
from commercial_banks.clearing.models import DirectoryEntry
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.cashier import Cashier
from tests.merchants.support import Till, scan
from tests.support import acting_as
from tests.wallets.test_payment_codes import code_of

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
HARBOR = {"number": "0011", "code": "harbor", "name": "Harbor Bank", "status": "active", "keys": []}


@pytest.fixture
def just_started(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Call it to make lotus forget all other banks; the central bank tells of harbor again."""
    monkeypatch.setattr(directory, "refresh_directory", lambda: directory.keep([HARBOR]))

    def forget() -> None:
        with acting_as("lotus"):
            DirectoryEntry.objects.all().delete()
        directory.forget()

    yield forget
    directory.forget()


@pytest.mark.parametrize("page", [False, True], ids=["REST", "page"])
def test_code_of_another_bank_is_charged_and_refunded(
    network: Network,
    far_shop: Till,
    alice: Holder,
    just_started: Callable[[], None],
    page: bool,
) -> None:
    cashier = Cashier(far_shop)
    cashier.log_in()
    body = {"amount": "18.00", "payment_code": code_of(alice)}
    just_started()
    charged = cashier.call("charges", body) if page else far_shop.charge(body["payment_code"])
    assert charged.json()["status"] == "paying", charged.content
    network.drain()
    order = charged.json()
    assert far_shop.see(order)["status"] == "paid"
    just_started()
    path = f"orders/{order['order_id']}/refunds"
    body = {"amount": "1.00", "reason": "cold"}
    refund = cashier.call(path, body) if page else far_shop.refund(order, 1_00)
    assert refund.json()["status"] == "pending", refund.content


def test_bank_that_nobody_knows_is_refused(
    far_shop: Till, alice: Holder, just_started: Callable[[], None]
) -> None:
    just_started()
    assert far_shop.charge("9999" + "1" * 16).json()["code"] == "validation_failed"
    assert scan(alice, far_shop.order()).status_code == 201
