"""The command line, against a stub bank."""

import io
from pathlib import Path

import pytest
import segno
from rich.console import Console

from cbdc.client import cli, local
from cbdc.client.device import Device
from tests.client import wire
from tests.client.stub import Asked, Reply, Stub, problem

PHONE = "+8613800000004"
PEOPLE = [{**wire.PERSON, "phone": f"+861380000000{n}"} for n in range(1, 6)]


def bank(asked: Asked) -> Reply:
    """A bank that says yes."""
    place = (asked.method, asked.path.rpartition("/")[2])
    answers = {
        ("GET", "seed"): Reply(200, {"people": PEOPLE}),
        ("GET", PHONE): Reply(200, {"otp": "123456"}),
        ("POST", "enrolments"): Reply(
            201, {"enrolment_id": "e", "expires_at": "2026-11-24T10:00:00Z"}
        ),
        ("POST", "confirm"): Reply(
            201, {"wallet": wire.WALLET, "device_id": "device-1", **wire.SESSION}
        ),
        ("POST", "sessions"): Reply(200, wire.SESSION),
        ("GET", "0011000000000017"): Reply(200, wire.WALLET),
        ("POST", "top-ups"): Reply(201, wire.EXCHANGE),
        ("POST", "payments"): Reply(201, wire.PAYMENT),
        ("POST", "transit-credentials"): Reply(201, wire.CREDENTIAL),
        ("GET", "journeys"): Reply(200, {"data": [wire.JOURNEY], "next_cursor": None}),
        ("POST", "correction"): Reply(201, {**wire.JOURNEY, "status": "corrected"}),
        ("GET", "transactions"): Reply(200, {"data": [wire.TRANSACTION], "next_cursor": None}),
    }
    return answers.get(place, problem(404, "not_found"))


class Shell:
    """Runs the command line in a folder of its own."""

    def __init__(self, stub: Stub, folder: Path) -> None:
        self.stub = stub
        self.folder = folder
        self.output = ""

    def __call__(self, *words: str, bank: str = "harbor") -> int:
        parser = cli.parser()
        options = ["--bank", bank, "--url", self.stub.url, "--wallets", str(self.folder)]
        screen = io.StringIO()
        status = cli.run(parser.parse_args([*words, *options]), Console(file=screen, width=200))
        self.output = screen.getvalue()
        return status

    def posted(self) -> Asked:
        return [asked for asked in self.stub.asked if asked.method == "POST"][-1]


@pytest.fixture
def shell(stub: Stub, tmp_path: Path) -> Shell:
    stub.respond = bank
    return Shell(stub, tmp_path)


@pytest.fixture
def opened(shell: Shell) -> Shell:
    assert shell("open") == 0
    return shell


def test_open_takes_a_seeded_person_whom_the_story_leaves_alone(opened: Shell) -> None:
    device = Device.load(opened.folder / f"harbor-{PHONE}.json")
    assert (device.device_id, device.wallet_id) == ("device-1", "0011000000000017")
    assert opened.posted().body == {"otp": "123456"}
    assert "12.34 yuan of at most 10,000.00" in opened.output


def test_open_again_is_the_same_device(opened: Shell) -> None:
    before = (opened.folder / f"harbor-{PHONE}.json").read_text()
    assert opened("open", "--phone", PHONE) == 0
    assert (opened.folder / f"harbor-{PHONE}.json").read_text() == before
    assert opened.posted().path == "/api/v1/sessions"


def test_balance(opened: Shell) -> None:
    assert opened("balance") == 0
    assert "0011000000000017" in opened.output


def test_top_up_is_typed_in_yuan(opened: Shell) -> None:
    assert opened("top-up", "100.5") == 0
    assert opened.posted().body == {"amount": 100_50, "deposit_account": "620011000000000011"}


def test_pay(opened: Shell) -> None:
    assert opened("pay", "0012000000000016", "12.34", "--memo", "tea", "--key", "again") == 0
    posted = opened.posted()
    assert (posted.body["amount"], posted.body["memo"]) == (12_34, "tea")
    assert posted.headers["idempotency-key"] == "again"
    assert "completed" in opened.output


def test_a_refusal_is_told_and_is_status_1(opened: Shell) -> None:
    opened.stub.replies = [Reply(200, wire.SESSION), problem(422, "insufficient_funds")]
    assert opened("pay", "0012000000000016", "12.34") == 1
    assert "insufficient_funds" in opened.output


def test_a_rejected_payment_is_status_1(opened: Shell) -> None:
    why = {"code": "unknown_payee", "detail": "no"}
    rejected = {**wire.PAYMENT, "status": "rejected", "rejection": why}
    opened.stub.replies = [Reply(200, wire.SESSION), Reply(201, rejected)]
    assert opened("pay", "0012000000000016", "12.34") == 1
    assert "unknown_payee" in opened.output


def test_history_shows_a_memo_as_data(opened: Shell) -> None:
    assert opened("history") == 0
    assert "[red]\N{REPLACEMENT CHARACTER}[31mtea" in opened.output
    assert "\x1b" not in opened.output
    assert "-12.34" in opened.output


def test_transit_credential_is_shown_as_code_and_text(opened: Shell) -> None:
    assert opened("transit-credential") == 0
    text = wire.CREDENTIAL["credential"]
    assert opened.output.splitlines()[-2:] == [text, "good until 2026-12-01 10:00:00 UTC"]
    drawn = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(out=drawn, compact=True)
    assert opened.output.startswith(drawn.getvalue())


def test_transit_credential_can_be_handed_to_a_gate(opened: Shell) -> None:
    assert opened("transit-credential", "--text") == 0
    assert opened.output == f"{wire.CREDENTIAL['credential']}\n"


def test_journeys_say_how_each_fare_came_about(opened: Shell) -> None:
    assert opened("journeys") == 0
    for shown in ("0193-j", "harbour", "?", "10.00", "6.00", "[red]cap reached, saved 4.00"):
        assert shown in opened.output


def test_a_journey_is_put_right(opened: Shell) -> None:
    assert opened("correct-journey", "0193-j", "airport") == 0
    posted = opened.posted()
    assert posted.path == "/api/v1/wallets/0011000000000017/journeys/0193-j/correction"
    assert posted.body == {"station": "airport"}
    assert "corrected" in opened.output


@pytest.mark.parametrize("amount", ["1.234", "-1", "0", "x", "1e3", "10000000000000.01"])
def test_what_is_no_amount_is_not_sent(
    opened: Shell, amount: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = len(opened.stub.asked)
    with pytest.raises(SystemExit):
        opened("pay", "0012000000000016", amount)
    assert len(opened.stub.asked) == sent


def test_without_a_wallet_it_says_how_to_open_one(shell: Shell) -> None:
    assert shell("balance") == 1
    assert "wallet open --bank harbor" in shell.output


def test_several_wallets_need_a_phone(opened: Shell) -> None:
    assert opened("open", "--phone", PHONE) == 0
    Device("+8613800000009", device_id="d", wallet_id="w").save(
        opened.folder / "harbor-+8613800000009.json"
    )
    assert opened("balance") == 1
    assert "+8613800000009" in opened.output
    assert opened("balance", "--phone", PHONE) == 0


@pytest.mark.parametrize("code", ["../harbor", "", "Harbor"])
def test_a_bank_is_named_by_its_code(shell: Shell, code: str) -> None:
    assert shell("balance", bank=code) == 1
    assert "no bank's code" in shell.output


def test_ports_follow_devnet_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEVNET_PORT", raising=False)
    arguments = cli.parser().parse_args(["balance", "--bank", "lotus"])
    assert local.base_url(arguments) == "http://127.0.0.1:8002"
    monkeypatch.setenv("DEVNET_PORT", "9100")
    assert local.base_url(arguments) == "http://127.0.0.1:9102"
