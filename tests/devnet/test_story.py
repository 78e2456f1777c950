"""The demo's story holds only if each thing it shows has happened."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cbdc.devnet import closing, story
from cbdc.devnet.closing import Audit
from cbdc.devnet.network import Member
from tests.client import wire
from tests.client.stub import Asked, Reply, Stub, problem, running
from wallets.merchants.schemas import ORDER_EXAMPLE, REFUND_EXAMPLE
from wallets.transit.schemas import CREDENTIAL_EXAMPLE, FARES_EXAMPLE, JOURNEY_EXAMPLE

SHOP = "0011000000000099"
METRO = {
    "merchant_id": "t",
    "name": "Metro",
    "wallet_id": SHOP,
    "api_key": "sk_t",
    "transit": True,
}
NUMBERS = {"central-bank": "0001", "harbor": "0011", "lotus": "0012", "jade": "0013"}


@dataclass
class World:
    """Four institutions of one memory: enough of API.md for the story."""

    state_dir: Path
    members: tuple[Member, ...] = ()
    balances: dict[str, int] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    payers: dict[str, str] = field(default_factory=dict)  # by payment code, and by order
    rides: dict[str, dict[str, Any]] = field(default_factory=dict)  # journeys, by wallet
    lost_taps: int = 0
    crossings: int = 0
    taken: int = 0  # fen that get lost in each payment: 0 in an honest world
    rejects: bool = False
    forgot_devices: bool = False

    @property
    def central_bank(self) -> Member:
        return self.members[0]

    @property
    def banks(self) -> tuple[Member, ...]:
        return self.members[1:]

    def central(self, asked: Asked) -> Reply:
        if asked.path == "/api/v1/supply":
            held = {"harbor": 200, "lotus": 200, "jade": 100}
            return Reply(200, {**wire.SUPPLY, "held": held, "locked": held})
        cycles = [{**wire.CYCLE, "payments": self.crossings}] if self.crossings else []
        return Reply(200, {"data": cycles, "next_cursor": None})

    def bank(self, code: str, asked: Asked) -> Reply:
        parts = asked.path.strip("/").split("/")
        match asked.method, parts[2:] or parts:
            case "GET", ["devnet", "seed"]:
                people = [self.person(code, n) for n in range(3)]
                return Reply(200, {"people": people, "merchants": [self.shop(code), METRO]})
            case "GET", [_]:
                return Reply(200, {"otp": "123456"})
            case "POST", ["enrolments"]:
                moment = "2026-11-24T10:00:00Z"
                return Reply(201, {"enrolment_id": asked.body["phone"], "expires_at": moment})
            case "POST", ["enrolments", phone, "confirm"]:
                wallet = f"{NUMBERS[code]}{phone[-12:]}"
                self.balances.setdefault(wallet, 0)
                confirmed = {"wallet": self.wallet(wallet), "device_id": wallet}
                return Reply(201, {**confirmed, **session(wallet)})
            case "POST", ["sessions"]:
                if self.forgot_devices:
                    return problem(401, "signature_invalid")
                return Reply(200, session(asked.body["device_id"]))
            case "GET", ["wallets", wallet]:
                return Reply(200, self.wallet(wallet))
            case "POST", ["wallets", wallet, "top-ups"]:
                self.balances[wallet] += asked.body["amount"]
                return Reply(201, {**wire.EXCHANGE, "amount": asked.body["amount"]})
            case "POST", ["payments"] if "qr" in asked.body:
                return self.take(asked.body["qr"], asked.body["payer_wallet"])
            case "POST", ["payments"]:
                return self.pay(asked.body)
            case "POST", ["payment-codes"]:
                self.payers["code"] = asked.body["wallet_id"]
                return Reply(201, {**wire.CODE, "payment_code": "code"})
            case "POST", ["merchant", "orders"]:
                return self.order(asked.body)
            case "POST", ["merchant", "charges"]:
                placed = self.order(asked.body).body["order_id"]
                self.take(placed, self.payers["code"])
                return Reply(201, self.orders[placed])
            case "GET", ["merchant", "orders", placed]:
                return Reply(200, self.orders[placed])
            case "POST", ["merchant", "orders", placed, "refunds"]:
                back = {"payer_wallet": SHOP, "payee_wallet": self.payers[placed]}
                self.pay({**back, "amount": asked.body["amount"]})
                return Reply(201, {**REFUND_EXAMPLE, "amount": asked.body["amount"]})
            case "GET", ["transit", "fares"]:
                return Reply(200, {"data": [FARES_EXAMPLE], "next_cursor": None})
            case "POST", ["wallets", wallet, "transit-credentials"]:
                return Reply(201, {**CREDENTIAL_EXAMPLE, "credential": wallet})
            case "POST", ["transit", "taps"]:
                self.rides = {
                    tap["credential"]: {**JOURNEY_EXAMPLE, "started_at": tap["tapped_at"]}
                    for tap in asked.body["taps"]
                    if tap["direction"] == "entry"
                }
                taken = len(asked.body["taps"]) - self.lost_taps
                return Reply(200, {"accepted": taken, "duplicates": 0, "rejected": []})
            case "GET", ["wallets", wallet, "journeys"]:
                rides = [self.rides[wallet]] if wallet in self.rides else []
                return Reply(200, {"data": rides, "next_cursor": None})
        return problem(404, "not_found")

    def pay(self, body: dict[str, Any]) -> Reply:
        if self.rejects:
            why = {"code": "unknown_payee", "detail": "no"}
            return Reply(201, {**wire.PAYMENT, "status": "rejected", "rejection": why})
        payer, payee = body["payer_wallet"], body["payee_wallet"]
        self.balances[payer] -= body["amount"]
        self.balances[payee] += body["amount"] - self.taken
        self.crossings += payer[:4] != payee[:4]
        return Reply(201, {**wire.PAYMENT, **body})

    def order(self, body: dict[str, Any]) -> Reply:
        placed = str(len(self.orders))
        known = {"order_id": placed, "qr": placed, "amount": body["amount"]}
        self.orders[placed] = {**ORDER_EXAMPLE, **known}
        return Reply(201, self.orders[placed])

    def take(self, placed: str, payer: str) -> Reply:
        self.payers[placed] = payer
        self.orders[placed]["status"] = "paid"
        amount = self.orders[placed]["amount"]
        return self.pay({"payer_wallet": payer, "payee_wallet": SHOP, "amount": amount})

    def shop(self, code: str) -> dict[str, Any]:
        self.balances.setdefault(SHOP, 0)
        named = {"merchant_id": "m", "name": "Coffee House", "wallet_id": SHOP}
        return {**named, "api_key": "sk_x", "transit": False}

    def wallet(self, wallet: str) -> dict[str, Any]:
        return {**wire.WALLET, "wallet_id": wallet, "balance": self.balances[wallet]}

    def person(self, code: str, index: int) -> dict[str, str]:
        return {**wire.PERSON, "phone": f"+86138{NUMBERS[code]}000{index}"}


def session(wallet: str) -> dict[str, str]:
    return {"access_token": wallet, "expires_at": "2026-11-24T10:00:00Z"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(story, "SETTLED_TIMEOUT_S", 0.5)
    monkeypatch.setattr(story, "POLL_S", 0.01)
    monkeypatch.setattr(closing, "audit", lambda *_: [Audit("harbor", "audit_bank", True, "")])
    monkeypatch.setattr(closing, "_wallets", lambda *_: ("2", "20.00"))
    made = World(tmp_path)
    with ExitStack() as stack:
        stubs: dict[str, Stub] = {code: stack.enter_context(running()) for code in NUMBERS}
        for code, stub in stubs.items():
            stub.respond = made.central if code == "central-bank" else partial(made.bank, code)
            port = int(stub.url.rpartition(":")[2])
            made.members += (Member(code, NUMBERS[code], code.title(), port),)
        yield made


def play(world: World) -> bool:
    return story.run(world)  # type: ignore[arg-type]


def test_the_story_holds_and_can_be_played_again(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play(world)
    assert sorted(world.balances.values()) == [15_00, 19_00, 164_21, 200_00, 200_00]
    files = sorted((world.state_dir / "story").iterdir())
    assert len(files) == 4
    keys = [file.read_text() for file in files]
    world.crossings = 0
    assert play(world)
    assert [file.read_text() for file in files] == keys
    assert "is back with wallet" in capsys.readouterr().out


def test_people_enrol_again_when_their_bank_was_made_anew(world: World) -> None:
    assert play(world)
    world.crossings, world.forgot_devices = 0, True
    assert play(world)


def test_a_fen_that_gets_lost_ends_the_story(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.taken = 1
    assert not play(world)
    assert "must be 12.34" in capsys.readouterr().out


def test_a_tap_that_gets_lost_ends_the_story(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.lost_taps = 1
    assert not play(world)
    assert "took 3 of 4 taps" in capsys.readouterr().out


def test_a_rejected_payment_ends_the_story(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    world.rejects = True
    assert not play(world)
    assert "unknown_payee" in capsys.readouterr().out


def test_a_cycle_that_does_not_settle_ends_the_story(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(wire.CYCLE, "state", "closed")
    assert not play(world)


def test_nets_that_do_not_sum_to_zero_end_the_story(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(wire.CYCLE, "net", {"harbor": -2345, "lotus": 2346})
    assert not play(world)


def test_an_audit_that_does_not_hold_is_the_verdict(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    audits = [Audit("harbor", "audit_bank", True, ""), Audit("jade", "audit_bank", False, "[x]")]
    monkeypatch.setattr(closing, "audit", lambda *_: audits)
    assert not play(world)
