"""Lists: few queries, bounded counts, whole ids, choices of the newest rows; and their CSV."""

import csv
import io
from typing import Any

import pytest
from django.apps import apps
from django.db import connections
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cbdc.audit.models import AuditEntry
from cbdc.clock import CHINA_STANDARD_TIME
from cbdc.console import bounded, exports, lists
from cbdc.console.exports import cell, recorded_filters
from cbdc.messaging.models import OutboxMessage
from central_bank.clearing.settlement import settle_cycle
from commercial_banks.clearing.models import Break
from tests.central_bank.support import close
from tests.console.support import QUERIES_MAX, links, person
from tests.console.support import lists as all_lists
from tests.holders import Holder
from tests.in_process import DATABASES, Network
from tests.merchants.support import Till, scan
from tests.support import acting_as
from wallets.payments.models import Payment

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
PAYMENTS = "/admin/payments/payment/"
OUTBOX = "/admin/messaging/outboxmessage/"


def queries_of(client: Client, path: str) -> tuple[Any, list[str]]:
    with CaptureQueriesContext(connections["default"]) as queries:
        answer = client.get(path)
    return answer, [query["sql"] for query in queries]


@pytest.fixture
def busy(network: Network, alice: Holder, carol: Holder) -> Network:
    """A row in most lists."""
    alice.pay(carol.wallet_id, 20_00)
    shop = Till("harbor")
    scan(alice, shop.order())
    network.drain()
    settle_cycle(close())
    network.drain()
    return network


@pytest.mark.parametrize("code", ["central-bank", "harbor"])
def test_every_list_and_its_first_row_take_few_queries(busy: Network, code: str) -> None:
    with acting_as(code):
        client = person("all", superuser=True)
        shown = 0
        for path in all_lists().values():
            answer, queries = queries_of(client, path)
            assert len(queries) <= QUERIES_MAX, (path, queries)
            rows = [link for link in links(answer.content.decode()) if link.endswith("/change/")]
            for row in [link for link in rows if link.startswith(path)][:1]:
                page, queries = queries_of(client, row)
                assert page.status_code == 200
                assert len(queries) <= QUERIES_MAX, (row, queries)
                shown += 1
        assert shown >= 8


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_times_are_shown_to_the_second_in_both_languages(busy: Network, language: str) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        made = Payment.objects.latest("id").created_at.astimezone(CHINA_STANDARD_TIME)
        page = client.get(PAYMENTS, headers={"Accept-Language": language}).content.decode()
    assert f"{made:%Y-%m-%d %H:%M:%S}" in page


def test_list_counts_up_to_a_bound(busy: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        number = OutboxMessage.objects.count()
        assert f"{number} rows" in client.get(OUTBOX).content.decode()
        monkeypatch.setattr(bounded, "COUNT_MAX", 2)
        page, queries = queries_of(client, OUTBOX)
        assert "2+ rows" in page.content.decode()
        assert not [sql for sql in queries if "COUNT(*)" in sql and "LIMIT 3" not in sql]


def test_filters_look_at_the_newest_rows_and_the_export_at_all(
    busy: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        sent = OutboxMessage.objects.filter(kind="token.issue").order_by("id")[0]
        path = OUTBOX + "?kind=token.issue"
        assert str(sent.id) in client.get(path).content.decode()
        monkeypatch.setattr(lists, "HORIZON", 1)
        page = client.get(path).content.decode()
        assert str(sent.id) not in page
        assert "Among the newest" in page
        assert str(sent.id) in client.get(OUTBOX).content.decode()
        assert str(sent.id) in exported(client, OUTBOX + "export/?kind=token.issue")


def test_choices_of_a_filter_are_those_of_the_newest_rows(
    busy: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        assert "?kind=token.issue" in links(client.get(OUTBOX).content.decode())
        monkeypatch.setattr(lists, "RECENT", 1)
        found = [link for link in links(client.get(OUTBOX).content.decode()) if "?kind=" in link]
        assert len(found) == 1


def test_search_finds_whole_values_alone(busy: Network) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        payment = Payment.objects.all()[0]

        def rows(text: str) -> set[str]:
            found = links(client.get(PAYMENTS, {"q": text}).content.decode())
            return {link for link in found if "/change/" in link}

        assert len(rows(str(payment.id))) == 1
        for text in (str(payment.id)[:8], "nothing", "%", "0", payment.payer_wallet):
            assert rows(text) == set(), text


def exported(client: Client, path: str) -> str:
    answer: Any = client.get(path)
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return b"".join(answer.streaming_content).decode()


def test_export_has_the_lists_columns_as_it_is_filtered(busy: Network) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        heading, *rows = csv.reader(io.StringIO(exported(client, PAYMENTS + "export/")))
        assert heading[:3] == ["id", "amount", "status"]
        assert {row[1] for row in rows} == {"20.00", "18.00"}
        none = exported(client, PAYMENTS + "export/?status__exact=rejected")
        assert len(none.splitlines()) == 1


def test_export_is_for_who_may_see_the_list_and_is_recorded(busy: Network) -> None:
    with acting_as("harbor"):
        assert person("clerk", "view_wallet").get(PAYMENTS + "export/").status_code == 403
        assert Client().get(PAYMENTS + "export/").status_code == 302
        assert not AuditEntry.objects.filter(action="export").exists()
        exported(person("auditor", "view_payment"), PAYMENTS + "export/?status__exact=completed")
        [entry] = AuditEntry.objects.filter(action="export")
        assert (entry.actor, entry.subject) == ("auditor", "payments.payment")
        assert entry.detail == {"filters": {"status__exact": "completed"}}


@pytest.mark.parametrize(
    ("page", "query", "kept"),
    [
        ("accounts.wallet", "q=%2B8613900001111", {"q": "(left out)"}),
        ("accounts.wallet", "status__exact=frozen&o=-2", {"status__exact": "frozen", "o": "-2"}),
        ("accounts.wallet", "status__exact=Zhang+San", {"status__exact": "(left out)"}),
        ("accounts.wallet", "o=Zhang+San", {"o": "(left out)"}),
        ("accounts.device", "revoked_at__isempty=1", {"revoked_at__isempty": "1"}),
        ("accounts.device", "revoked_at__isempty=Zhang", {"revoked_at__isempty": "(left out)"}),
        ("transit.ratedjourney", "day=2026-12-01", {"day": "2026-12-01"}),
        ("transit.ratedjourney", "day=Zhang", {"day": "(left out)"}),
        ("merchants.merchant", "hot__exact=1", {"hot__exact": "1"}),
        (
            "customers.customer",
            "id__exact=0&kind=firm",
            {"id__exact": "(left out)", "kind": "firm"},
        ),
        ("transit.charge", "operator__merchant=x", {"operator__merchant": "(left out)"}),
    ],
)
def test_what_is_recorded_of_an_exports_filters_is_of_closed_sets(
    page: str, query: str, kept: dict[str, str]
) -> None:
    assert recorded_filters(apps.get_model(page), QueryDict(query)) == kept


def test_text_that_was_searched_for_is_in_no_log_of_an_export(busy: Network) -> None:
    with acting_as("harbor"):
        exported(person("all", superuser=True), "/admin/accounts/wallet/export/?q=%2B8613800000000")
        [entry] = AuditEntry.objects.filter(action="export")
        assert entry.detail == {"filters": {"q": "(left out)"}}


def test_export_ends_at_its_most_rows_and_says_so(
    busy: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "ROWS_MAX", 1)
    with acting_as("harbor"):
        lines = exported(person("all", superuser=True), PAYMENTS + "export/").splitlines()
    assert len(lines) == 3
    assert "There are more than 1 rows" in lines[2]


def test_export_reads_by_a_cursor_of_the_server(busy: Network) -> None:
    with acting_as("harbor"):
        client = person("all", superuser=True)
        with CaptureQueriesContext(connections["default"]) as queries:
            exported(client, PAYMENTS + "export/")
        assert [q for q in queries if "DECLARE" in q["sql"] and "LIMIT 1000001" in q["sql"]]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-cmd", "'-cmd"),
        ("+8613800000000", "+8613800000000"),
        ("-1,234.50", "-1,234.50"),
        ("\t=1", "'\t=1"),
        ("plain", "plain"),
        (None, ""),
        (7, "7"),
    ],
)
def test_no_cell_is_a_formula(value: object, written: str) -> None:
    assert cell(value) == written


def test_formula_in_a_row_reaches_no_spreadsheet(network: Network) -> None:
    with acting_as("harbor"):
        Break.objects.create(kind="amount", detail='=HYPERLINK("http://x")')
        content = exported(person("all", superuser=True), "/admin/bank_clearing/break/export/")
        assert "'=HYPERLINK" in content
