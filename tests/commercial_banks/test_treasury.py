"""A bank's vault: asking for tokens, locking them, giving them back; the books follow."""

from collections.abc import Callable

import pytest
from django.core.management import call_command
from django.db.models import Sum

from cbdc.errors import ErrorCode, Problem
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.ledger.selectors import available, balance
from central_bank.issuance.selectors import supply
from commercial_banks.chart import STOCK
from commercial_banks.treasury import services, vault
from commercial_banks.treasury.models import TokenRequest, VaultToken
from commercial_banks.treasury.seeds import FIRST_ISSUE
from tests.in_process import DATABASES, Network
from tests.support import acting_as

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
GUARANTEE = 50_000_000
Ask = Callable[..., TokenRequest]


def live(*, locked: bool) -> int:
    tokens = VaultToken.objects.filter(spent_at__isnull=True, locked=locked)
    return int(tokens.aggregate(total=Sum("value"))["total"] or 0)


def ask(network: Network, service: Ask, amount: int) -> TokenRequest:
    """Ask as harbor, and come back with the answered request."""
    with acting_as("harbor"):
        request = service(amount=amount, by="treasurer")
    network.drain()
    with acting_as("harbor"):
        request.refresh_from_db()
    return request


def assert_vault(*, free: int, locked: int) -> None:
    """The vault, the stock and the central bank's registry say the same (INV-1, INV-2)."""
    with acting_as("harbor"):
        assert (live(locked=False), live(locked=True)) == (free, locked)
        assert balance(STOCK) == free + locked
        call_command("audit_bank")
    published = supply()
    assert published["held"]["harbor"] == free + locked
    assert published["locked"]["harbor"] == locked
    assert published["in_circulation"] == sum(published["held"].values())


def test_first_issue_is_booked_and_the_guarantee_locked(network: Network) -> None:
    assert_vault(free=FIRST_ISSUE - GUARANTEE, locked=GUARANTEE)


def test_issue_lock_unlock_redeem(network: Network) -> None:
    free = FIRST_ISSUE - GUARANTEE
    assert ask(network, services.request_issue, 1_000).status == "done"
    assert_vault(free=free + 1_000, locked=GUARANTEE)
    assert ask(network, services.request_lock, 700).status == "done"
    assert_vault(free=free + 300, locked=GUARANTEE + 700)
    assert ask(network, services.request_unlock, 200).status == "done"
    assert_vault(free=free + 500, locked=GUARANTEE + 500)
    assert ask(network, services.request_redeem, 499).status == "done"
    assert_vault(free=free + 1, locked=GUARANTEE + 500)


def test_redeeming_reserves_the_stock_until_the_answer(network: Network) -> None:
    network.away.add(CENTRAL_BANK_CODE)
    request = ask(network, services.request_redeem, 1_000)
    with acting_as("harbor"):
        assert request.status == "pending"
        assert available(STOCK) == FIRST_ISSUE - 1_000
    network.away.clear()
    network.drain()
    assert_vault(free=FIRST_ISSUE - GUARANTEE - 1_000, locked=GUARANTEE)


@pytest.mark.parametrize(
    "service", [services.request_redeem, services.request_lock, services.request_unlock]
)
def test_more_than_the_vault_holds_is_refused(network: Network, service: Ask) -> None:
    with acting_as("harbor"), pytest.raises(Problem) as refusal:
        service(amount=FIRST_ISSUE + 1, by="treasurer")
    assert refusal.value.error.code == ErrorCode.INSUFFICIENT_FUNDS.code
    assert_vault(free=FIRST_ISSUE - GUARANTEE, locked=GUARANTEE)
    with acting_as("harbor"):
        assert not TokenRequest.objects.filter(status="pending").exists()


def test_issue_above_reserves_waits_or_is_refused_and_changes_nothing(network: Network) -> None:
    request = ask(network, services.request_issue, 10**13)
    assert request.status in ("pending", "refused")
    assert_vault(free=FIRST_ISSUE - GUARANTEE, locked=GUARANTEE)


def test_a_token_whose_end_is_advised_before_its_beginning_is_never_live(network: Network) -> None:
    """Advices come in any order: two settlements close together may overtake one another."""
    with acting_as("harbor"):
        token = VaultToken.objects.filter(locked=False).latest("received_at")
        VaultToken.objects.filter(token_id=token.token_id).delete()
        before = live(locked=False)
        for _ in range(2):
            vault.apply_changes(consumed=(token.token_id,), created=())
            assert live(locked=False) == before
            vault.apply_changes(consumed=(), created=(token.signed,))
            assert live(locked=False) == before
        stored = VaultToken.objects.get(token_id=token.token_id)
        assert (stored.value, stored.signed) == (token.value, token.signed)
        assert stored.spent_at is not None
