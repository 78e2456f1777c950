"""Holders for a load test are made in bulk, and the books hold as after any other payments."""

import stat
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from cbdc.client.load_file import LoadFile
from cbdc.crypto.http_signatures import HOLDER_COMPONENTS
from cbdc.ledger.audit import audit_ledger
from cbdc.ledger.selectors import available
from central_bank.auditor import audit_central_bank
from commercial_banks.clearing.audit import audit_bank
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.support import acting_as
from wallets.accounts.models import Wallet
from wallets.loadtest import seeding
from wallets.payments.models import Payment

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)

WAGES = 150_00


def seed(network: Network, file: Path, wallets: int, *, merchants: int = 2) -> LoadFile:
    with acting_as("harbor"):
        return seeding.seed(
            file=file,
            wallets=wallets,
            wages=WAGES,
            merchants=merchants,
            wait=lambda amount: network.drain(),
        )


def holder(network: Network, seeded: LoadFile, index: int) -> Holder:
    """A holder of the file, logged in by a signed session as any device is."""
    one = Holder.__new__(Holder)
    one.bank = seeded.institution
    one.key = seeded.key(index)
    one.wallet_id = seeded.wallet_id(index)
    one.device_id = str(seeded.device_id(index))
    one.token = ""
    body = b'{"device_id": "%s"}' % one.device_id.encode()
    components = tuple(name for name in HOLDER_COMPONENTS if name != "idempotency-key")
    headers = one.headers(
        "/api/v1/sessions", body, idempotency_key=None, components=components, nonce="n" * 16
    )
    del headers["Authorization"]  # type: ignore[attr-defined]
    with acting_as(one.bank):
        answer = Client().post("/api/v1/sessions", body, "application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    one.token = answer.json()["access_token"]
    return one


def test_every_wallet_has_its_wages(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "CHUNK", 7)  # several, and the last is not full
    seeded = seed(network, tmp_path / "harbor.json", 20)
    with acting_as("harbor"):
        wallets = [seeded.wallet_id(index) for index in range(20)]
        assert Wallet.objects.filter(wallet_id__in=wallets, category=4).count() == 20
        assert {available(int(wallet)) for wallet in wallets} == {WAGES}
        assert Payment.objects.filter(payee_wallet__in=wallets, amount=WAGES).count() == 20


def test_the_audits_find_nothing_afterwards(network: Network, tmp_path: Path) -> None:
    seeded = seed(network, tmp_path / "harbor.json", 10)
    payer, payee = holder(network, seeded, 0), holder(network, seeded, 1)
    body = {"payer_wallet": payer.wallet_id, "payee_wallet": payee.wallet_id, "amount": 1}
    assert payer.post("/api/v1/payments", body).status_code == 201
    network.drain()
    with acting_as("harbor"):
        assert audit_bank() == []
        assert audit_ledger().ok
    assert audit_central_bank() == []


def test_a_holder_of_the_file_pays_and_sees_the_wages(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "harbor.json"
    seed(network, file, 3)
    one = holder(network, LoadFile.load(file), 2)
    [wages] = one.get(f"/api/v1/wallets/{one.wallet_id}/transactions").json()["data"]
    assert (wages["kind"], wages["direction"], wages["amount"]) == ("payment", "in", WAGES)
    assert wages["balance_after"] == WAGES


def test_a_second_run_makes_only_what_is_missing(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "harbor.json"
    first = seed(network, file, 5)
    again = seed(network, file, 8)
    assert again.secret == first.secret
    assert again.merchants == first.merchants
    assert again.wallets == 8
    with acting_as("harbor"):
        assert available(int(again.wallet_id(4))) == WAGES
        assert available(int(again.wallet_id(7))) == WAGES
        assert Payment.objects.filter(payee_wallet=again.wallet_id(4)).count() == 1


def test_a_run_that_was_killed_goes_on(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seeding, "CHUNK", 4)
    whole = seeding._open_wallets

    def dies(known: LoadFile, indexes: range, *rest: object) -> None:
        if indexes.start >= 4:
            raise KeyboardInterrupt
        whole(known, indexes, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(seeding, "_open_wallets", dies)
    with pytest.raises(KeyboardInterrupt):
        seed(network, tmp_path / "harbor.json", 10)
    monkeypatch.setattr(seeding, "_open_wallets", whole)
    seeded = seed(network, tmp_path / "harbor.json", 10)
    with acting_as("harbor"):
        balances = [available(int(seeded.wallet_id(index))) for index in range(10)]
        assert balances == [WAGES] * 10
        assert audit_bank() == []


def test_merchants_have_keys_that_work_and_the_first_is_hot(
    network: Network, tmp_path: Path
) -> None:
    seeded = seed(network, tmp_path / "harbor.json", 0, merchants=2)
    flash_sale, shop, metro = seeded.merchants
    assert (flash_sale.hot, shop.hot, metro.transit) == (True, False, True)
    order = b'{"out_trade_no": "1", "amount": 5, "description": "tea"}'
    with acting_as("harbor"):
        for merchant in (flash_sale, shop):
            answer = Client().post(
                "/api/v1/merchant/orders",
                order,
                "application/json",
                headers={"Authorization": f"Bearer {merchant.api_key}", "Idempotency-Key": "1"},
            )
            assert answer.status_code == 201, answer.content


def test_the_file_is_its_owners_alone_and_shows_no_secret(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "harbor.json"
    seeded = seed(network, file, 1, merchants=1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "secret" not in repr(seeded)
    assert "sk_" not in repr(seeded)


def test_another_file_is_refused(network: Network, tmp_path: Path) -> None:
    seed(network, tmp_path / "one.json", 1)
    with pytest.raises(ValueError, match="another file"):
        seed(network, tmp_path / "other.json", 1)


def test_the_file_of_another_bank_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.json"
    LoadFile("lotus", "0012").save(file)
    with acting_as("harbor"), pytest.raises(ValueError, match="lotus"):
        seeding.seed(file=file, wallets=1, wages=1, merchants=0, wait=lambda amount: None)


@pytest.mark.parametrize(
    ("wallets", "wages", "merchants"), [(-1, 1, 0), (1, 0, 0), (1, 1_000_001, 0), (1, 1, 1_001)]
)
def test_numbers_out_of_range_change_nothing(
    tmp_path: Path, wallets: int, wages: int, merchants: int
) -> None:
    file = tmp_path / "harbor.json"
    with acting_as("harbor"), pytest.raises(ValueError, match=r"fen|at most"):
        seeding.seed(
            file=file, wallets=wallets, wages=wages, merchants=merchants, wait=lambda amount: None
        )
    assert not file.exists()


@override_settings(DEVNET=False)
def test_production_refuses(tmp_path: Path) -> None:
    file = tmp_path / "harbor.json"
    with acting_as("harbor"):
        with pytest.raises(CommandError, match="LOAD_SEEDING"):
            call_command("seed_load", wallets=1, file=file)
        assert not file.exists()
        assert not Wallet.objects.exists()


@override_settings(DEVNET=False, LOAD_SEEDING=True)
def test_an_explicit_setting_allows_it(network: Network, tmp_path: Path) -> None:
    file = tmp_path / "harbor.json"
    with acting_as("harbor"):
        call_command("seed_load", wallets=2, wages=1, merchants=0, file=file)
        assert LoadFile.load(file).wallets == 2
