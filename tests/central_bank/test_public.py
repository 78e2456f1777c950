"""What the central bank publishes, commands, and the seed."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from cbdc.audit.models import AuditEntry
from cbdc.ledger.selectors import available
from cbdc.messaging.models import Peer
from central_bank.clearing.settlement import settle_cycle
from central_bank.issuance.models import BankAccount
from central_bank.supervision.seed import QUOTA, RESERVES
from tests.central_bank.support import card, close, guarantee, pay, seed
from tests.support import public_key

PASSWORDS = "maker-devnet-1\nchecker-devnet-1\n"
pytestmark = pytest.mark.usefixtures("central_bank")


def test_supply(client: Client) -> None:
    guarantee("harbor", 1_000)
    body = client.get("/api/v1/supply").json()
    assert body.pop("as_of").endswith("Z")
    assert body == {
        "currency": "CNY",
        "issued": 1_000,
        "redeemed": 0,
        "in_circulation": 1_000,
        "held": {"harbor": 1_000, "jade": 0, "lotus": 0},
        "locked": {"harbor": 1_000, "jade": 0, "lotus": 0},
    }


def test_institutions(client: Client) -> None:
    data = client.get("/api/v1/institutions").json()["data"]
    assert [row["code"] for row in data] == ["harbor", "lotus", "jade"]
    harbor = data[0]
    [key] = harbor.pop("keys")
    assert harbor == {
        "code": "harbor",
        "number": "0011",
        "name": "Harbor",
        "status": "active",
        "base_url": "http://harbor.test",
    }
    assert (key["crv"], key["x"]) == ("Ed25519", public_key("harbor"))


def test_wallet_limits_are_those_of_the_design(client: Client) -> None:
    [table] = client.get("/api/v1/wallet-limits").json()["data"]
    assert (table["version"], table["in_force"]) == (1, True)
    names = ("category", "balance", "per_payment", "daily", "annual")
    assert [tuple(row[name] for name in names) for row in table["categories"]] == [
        (1, None, None, None, None),
        (2, 50_000_000, 5_000_000, 10_000_000, None),
        (3, 2_000_000, 500_000, 1_000_000, None),
        (4, 1_000_000, 200_000, 500_000, 5_000_000),
    ]


def test_settlement_cycles_newest_first_in_pages(client: Client) -> None:
    guarantee("harbor", 1_000)
    pay("harbor", "lotus", 400)
    settled = close()
    settle_cycle(settled)
    pay("harbor", "lotus", 30)

    first = client.get("/api/v1/settlement-cycles?limit=1").json()
    [now_open] = first["data"]
    assert (now_open["state"], now_open["payments"], now_open["gross"]) == ("open", 1, 30)
    assert now_open["net"] == {"harbor": -30, "lotus": 30}
    assert now_open["closed_at"] is None

    second = client.get(f"/api/v1/settlement-cycles?limit=1&cursor={first['next_cursor']}").json()
    [cycle] = second["data"]
    assert second["next_cursor"] is None
    assert cycle == client.get(f"/api/v1/settlement-cycles/{settled}").json()
    assert (cycle["cycle_id"], cycle["state"]) == (str(settled), "settled")
    assert (cycle["payments"], cycle["gross"]) == (1, 400)
    assert cycle["net"] == {"harbor": -400, "lotus": 400}


@pytest.mark.parametrize("cycle", ["0", "x" * 40, "01890000-0000-7000-8000-000000000000", "%00"])
def test_unknown_cycle_is_not_found(client: Client, cycle: str) -> None:
    answer = client.get(f"/api/v1/settlement-cycles/{cycle}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_forged_cursor_is_refused(client: Client) -> None:
    answer = client.get("/api/v1/settlement-cycles?cursor=1")
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/payments"])
def test_other_paths_are_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer["Content-Type"] == "application/problem+json"


def test_every_path_is_in_the_openapi_document(client: Client) -> None:
    paths = client.get("/api/schema/?format=json").json()["paths"]
    assert set(paths) == {
        "/api/v1/institutions",
        "/api/v1/issuer-keys",
        "/api/v1/tokens/{token_id}",
        "/api/v1/settlement-cycles",
        "/api/v1/settlement-cycles/{cycle_id}",
        "/api/v1/supply",
        "/api/v1/wallet-limits",
    }


def test_writing_is_not_allowed(client: Client) -> None:
    answer = client.post("/api/v1/supply")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_seed_again_changes_nothing() -> None:
    entries = AuditEntry.objects.count()
    staff = seed()["staff"]
    assert AuditEntry.objects.count() == entries
    names = ["maker", "checker", "administrator", "viewer", "auditor"]
    assert [person["username"] for person in staff] == names
    assert all(set(p) == {"username", "password", "totp_secret", "roles"} for p in staff)


def test_seeded_banks_have_reserves_and_quota() -> None:
    for account in BankAccount.objects.all():
        assert account.quota == QUOTA == 5_000_000_000
        assert available(account.reserve_account) == RESERVES == 10_000_000_000


def test_admit_bank_command_admits_and_changes_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(PASSWORDS * 2))
    call_command("admit_bank", *card("harbor").values(), "--maker=maker", "--checker=checker")
    details = {**card("harbor"), "base_url": "http://moved.test"}
    call_command("admit_bank", *details.values(), "--maker=maker", "--checker=checker")
    assert Peer.objects.get(code="harbor").base_url == "http://moved.test"


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", "0012"), ("number", "12"), ("public_key", "short"), ("code", "central-bank")],
)
def test_admit_bank_command_refuses_what_is_wrong(
    field: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(PASSWORDS))
    details = {**card("harbor"), field: value}
    with pytest.raises(CommandError):
        call_command("admit_bank", *details.values(), "--maker=maker", "--checker=checker")


def test_init_central_bank_command_can_run_again() -> None:
    call_command("init_central_bank")
    call_command("init_central_bank")
