"""The central bank's public pages and a development network's own, as values."""

import pytest

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.devnet import DevnetClient
from cbdc.client.transport import ApiProblem, Transport
from tests.client import wire
from tests.client.stub import Reply, Stub, problem


@pytest.fixture
def central_bank(stub: Stub, transport: Transport) -> CentralBankClient:
    return CentralBankClient(stub.url, transport=transport)


@pytest.fixture
def devnet(stub: Stub, transport: Transport) -> DevnetClient:
    return DevnetClient(stub.url, transport=transport)


def test_supply_balances(stub: Stub, central_bank: CentralBankClient) -> None:
    stub.replies = [Reply(200, wire.SUPPLY)]
    supply = central_bank.supply()
    assert supply.balances
    assert (supply.locked["harbor"], supply.held["lotus"]) == (100, 200)


@pytest.mark.parametrize(
    "wrong", [{"issued": 601}, {"in_circulation": 501}, {"held": {"harbor": 300, "lotus": 201}}]
)
def test_a_supply_that_does_not_balance_is_seen(
    stub: Stub, central_bank: CentralBankClient, wrong: dict[str, object]
) -> None:
    stub.replies = [Reply(200, {**wire.SUPPLY, **wrong})]
    assert not central_bank.supply().balances


def test_institutions_and_their_keys(stub: Stub, central_bank: CentralBankClient) -> None:
    row = {
        "code": "harbor",
        "number": "0011",
        "name": "Harbor Bank",
        "status": "active",
        "base_url": "http://127.0.0.1:8001",
        "keys": [{"kty": "OKP"}],
    }
    stub.replies = [Reply(200, {"data": [row]})]
    [card] = central_bank.institutions()
    assert (card.code, card.keys) == ("harbor", ({"kty": "OKP"},))


def test_settlement_cycles(stub: Stub, central_bank: CentralBankClient) -> None:
    still_open = {**wire.CYCLE, "state": "open", "closed_at": None, "settled_at": None}
    stub.replies = [
        Reply(200, {"data": [still_open, wire.CYCLE], "next_cursor": None}),
        Reply(200, wire.CYCLE),
    ]
    first, second = central_bank.settlement_cycles()
    assert (first.state, first.closed_at, second.payments) == ("open", None, 2)
    assert sum(second.net.values()) == 0
    assert central_bank.settlement_cycle("0193-c") == second


def test_the_last_password_of_a_phone(stub: Stub, devnet: DevnetClient) -> None:
    stub.replies = [Reply(200, {"otp": "012345"})]
    assert devnet.otp("+8613800000001") == "012345"
    assert stub.asked[0].path == "/devnet/sms/+8613800000001"


def test_what_was_seeded(stub: Stub, devnet: DevnetClient) -> None:
    staff = {"username": "a", "password": "b", "totp_secret": "c", "roles": ["teller"]}
    merchant = {
        "merchant_id": "m",
        "name": "Coffee",
        "wallet_id": "w",
        "api_key": "sk_1",
        "transit": False,
    }
    stub.replies = [
        Reply(200, {"people": [wire.PERSON], "merchants": [merchant], "staff": [staff]})
    ]
    seed = devnet.seed()
    assert seed.people[0].deposit_account == "620011000000000011"
    assert seed.merchants[0].api_key == "sk_1"
    assert seed.staff[0].roles == ("teller",)


def test_outside_a_development_network_there_is_nothing(stub: Stub, devnet: DevnetClient) -> None:
    stub.replies = [problem(404, "not_found")]
    with pytest.raises(ApiProblem, match="not_found"):
        devnet.seed()
