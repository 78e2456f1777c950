"""docs/reference/ledger.md: its table of results is complete, in order, and true."""

import re
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.ledger.services import create_transfers, open_accounts, set_account_status
from cbdc.ledger.types import (
    AccountCode,
    AccountStatus,
    Ledger,
    Limits,
    NewAccount,
    Result,
    Side,
    Transfer,
    TransferCode,
    TransferFlag,
)
from tests.ledger.conftest import STOCK, TOKENS, move
from tests.ledger.support import id_in

PAGE = (Path(settings.BASE_DIR) / "docs/reference/ledger.md").read_text()
ROW = re.compile(r"^\| `([a-z_]+)` \| [^|]+ \| `([^`]+)` \|$", re.M)
EXAMPLES: list[tuple[str, str]] = ROW.findall(PAGE)

FUNDED = 1000
WALLETS = "alice bob carol careful yearly capped child frozen closed deposit"
NAMES = {name: number for number, name in enumerate(WALLETS.split(), 501)} | {"nobody": 599}
LIMITS = {
    "careful": Limits(per_payment=100, daily=150),
    "yearly": Limits(annual=150),
    "capped": Limits(balance=100),
}
PAYERS = ("alice", "carol", "careful", "yearly", "child")

STEP = re.compile(
    r"(?:(?P<label>\w+): )?"
    r"(?:(?P<payer>\w+) → (?P<payee>\w+) (?P<amount>\d+))?"
    r"(?P<words>(?: linked| pending| limited| post void| pending void)*)"
    r"(?: ?(?P<resolve>post|void) (?P<of>\w+)(?: (?P<part>\d+))?)?"
    r"(?: ledger (?P<ledger>\d))?(?: code (?P<code>\d+))?(?: reference (?P<reference>\w+))?"
    r"(?: expires (?P<expires>before|later))?"
)


def test_the_table_has_every_result_in_order_of_precedence() -> None:
    assert [result for result, _ in EXAMPLES] == [str(result) for result in Result]


@pytest.fixture
def _people(transactional_db: None) -> None:
    digital = Ledger.DIGITAL_CURRENCY
    open_accounts(
        [
            NewAccount(TOKENS, digital, AccountCode.TOKENS_AT_CENTRAL_BANK, Side.DEBIT),
            NewAccount(STOCK, digital, AccountCode.STOCK, Side.CREDIT),
        ]
    )
    open_accounts(
        [
            NewAccount(
                number,
                Ledger.DEPOSITS if name == "deposit" else digital,
                AccountCode.WALLET,
                Side.CREDIT,
                limits=LIMITS.get(name),
                payee=NAMES["bob"] if name == "child" else None,
            )
            for name, number in NAMES.items()
            if name != "nobody"
        ]
    )
    funds = [move(TOKENS, STOCK, FUNDED * len(PAYERS))]
    funds += [move(STOCK, NAMES[payer], FUNDED) for payer in PAYERS]
    assert create_transfers(funds) == [Result.OK] * len(funds)
    set_account_status(account=NAMES["frozen"], status=AccountStatus.FROZEN)
    set_account_status(account=NAMES["closed"], status=AccountStatus.CLOSED)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_closed_month (month, first_open_id, transfers)"
            " VALUES ('2020-12-01', ledger_first_id('2021-01-01 00:00+00'), 0)"
        )


def batch_of(example: str) -> list[Transfer]:
    """The transfers that an example of the table stands for."""
    moment = now()
    ids: dict[str, uuid.UUID] = {"v4": uuid.uuid4(), "old": id_in(date(2020, 12, 1))}
    references: dict[str | None, uuid.UUID] = {}
    batch: list[Transfer] = []
    for text in example.split("; "):
        step = STEP.fullmatch(text)
        assert step, f"unreadable: {text}"
        found: dict[str, Any] = step.groupdict()
        flags = sum(int(TransferFlag[word.upper()]) for word in found["words"].split())
        if found["resolve"]:
            flags |= TransferFlag[found["resolve"].upper()]
        plain = found["payer"] is not None
        label = found["label"] or f"#{len(batch)}"
        expires = {"before": -1, "later": 1}.get(found["expires"] or "")
        batch.append(
            Transfer(
                id=ids.setdefault(label, new_id()),
                debit_account=NAMES[found["payer"]] if plain else 0,
                credit_account=NAMES[found["payee"]] if plain else 0,
                amount=int(found["amount"] or found["part"] or 0),
                ledger=int(found["ledger"] or Ledger.DIGITAL_CURRENCY) if plain else 0,
                code=int(found["code"] or TransferCode.PAYMENT) if plain else 0,
                reference=references.setdefault(found["reference"], new_id()),
                occurred_at=moment,
                flags=flags,
                pending_id=ids.setdefault(found["of"], new_id()) if found["of"] else None,
                expires_at=moment + timedelta(hours=expires) if expires else None,
            )
        )
    return batch


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize(("result", "example"), EXAMPLES, ids=[r for r, _ in EXAMPLES])
def test_each_example_has_its_result_in_one_batch(result: str, example: str) -> None:
    assert create_transfers(batch_of(example))[-1] == result


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize(
    ("result", "example"), [(r, e) for r, e in EXAMPLES if not r.startswith("linked")]
)
def test_each_example_has_its_result_also_call_by_call(result: str, example: str) -> None:
    assert [create_transfers([t])[0] for t in batch_of(example)][-1] == result


@pytest.mark.usefixtures("_people")
@pytest.mark.parametrize(("result", "example"), EXAMPLES, ids=[r for r, _ in EXAMPLES])
def test_each_example_has_its_result_at_the_end_of_a_long_batch(result: str, example: str) -> None:
    others = [move(STOCK, TOKENS, 1) for _ in range(12)]
    alone = [move(TOKENS, STOCK, 50)]
    assert create_transfers(alone) == [Result.OK]
    assert create_transfers(others + batch_of(example))[-1] == result


def test_flags_and_constraints_of_the_page_are_those_of_the_code() -> None:
    flags = re.findall(r"^\| `([A-Z]+)` \| (\d+) \|", PAGE, re.M)
    assert flags == [(flag.name, str(flag.value)) for flag in TransferFlag]
    sql = "".join(
        path.read_text() for path in (Path(settings.BASE_DIR) / "cbdc/ledger").rglob("*.*[ly]")
    )
    for name in re.findall(r"`(inv_\d_\w+)`", PAGE):
        assert name in sql
