"""What another bank may claim of a fare, and what the central bank sees of a journey."""

import pytest
from django.db import connection, transaction

from cbdc.crypto import keys, notes
from cbdc.identifiers import new_id
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.messaging.handlers import handler_of
from cbdc.messaging.models import OutboxMessage
from cbdc.protocol.messages import Pain014
from tests.in_process import DATABASES
from tests.support import acting_as
from tests.transit.support import Metro, Rider
from wallets.transit.models import Charge
from wallets.transit.settling import settle

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)


def _answer(charge: Charge, **changes: object) -> None:
    """What lotus says of a charge, handled at harbor."""
    fields: dict[str, object] = {
        "request_id": charge.id,
        "payee_bank": "harbor",
        "payer_bank": "lotus",
        "status": "ACSP",
        "payment_id": None,
        "code": None,
        "detail": None,
    }
    handle = handler_of(Role.COMMERCIAL_BANK, Pain014.kind)
    assert handle is not None
    with acting_as("harbor"), transaction.atomic():
        handle(
            Pain014(**{**fields, **changes}),  # type: ignore[arg-type]
            sender=CENTRAL_BANK_CODE,
            message_id=new_id(),
        )


def _asked(metro: Metro, *rides: list[dict[str, str]]) -> list[Charge]:
    """Charges that harbor asks of lotus, before lotus has heard of them."""
    metro.upload(*(tap for ride in rides for tap in ride))
    with acting_as("harbor"):
        settle()
        return list(Charge.objects.order_by("id"))


def test_a_payment_of_another_amount_pays_no_charge(metro: Metro, cat: Rider) -> None:
    paid = cat.holder.pay(metro.wallet_id, 1_00).json()["payment_id"]
    metro.network.drain()
    [charge] = _asked(metro, cat.ride("harbour", "park", "10:00"))
    _answer(charge, payment_id=paid)
    with acting_as("harbor"):
        assert Charge.objects.get().state == Charge.State.ASKED


def test_a_payment_of_another_bank_pays_no_charge(metro: Metro, cat: Rider, ann: Rider) -> None:
    paid = ann.holder.pay(metro.wallet_id, 4_00).json()["payment_id"]
    [charge] = _asked(metro, cat.ride("harbour", "park", "10:00"))
    _answer(charge, payment_id=paid)
    with acting_as("harbor"):
        assert Charge.objects.get().state == Charge.State.ASKED


def test_one_payment_pays_one_charge(metro: Metro, cat: Rider) -> None:
    paid = cat.holder.pay(metro.wallet_id, 4_00).json()["payment_id"]
    metro.network.drain()
    [first] = _asked(metro, cat.ride("harbour", "park", "10:00"))
    _answer(first, payment_id=paid)
    with acting_as("harbor"):
        first.refresh_from_db()
        assert first.state == Charge.State.PAID
    _, second = _asked(metro, cat.ride("park", "harbour", "15:00"))
    _answer(second, payment_id=paid)
    with acting_as("harbor"):
        second.refresh_from_db()
        assert second.state != Charge.State.PAID


def test_a_bank_that_was_not_asked_answers_nothing(metro: Metro, cat: Rider) -> None:
    [charge] = _asked(metro, cat.ride("harbour", "park", "10:00"))
    _answer(charge, payer_bank="jade", status="RJCT", code="insufficient_funds")
    with acting_as("harbor"):
        assert Charge.objects.get().state == Charge.State.ASKED


def test_the_central_bank_learns_no_station(metro: Metro, cat: Rider) -> None:
    metro.upload(*cat.ride("university", "stadium", "10:00"))
    metro.settle()
    assert cat.journeys()[0]["from"] == "university"
    with acting_as(CENTRAL_BANK_CODE), connection.cursor() as cursor:
        assert OutboxMessage.objects.filter(kind="bank.note").exists()
        for model in (OutboxMessage,):
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t")  # noqa: S608
            text = " ".join(row[0] for row in cursor.fetchall())
            assert "university" not in text
            assert "stadium" not in text


def test_a_note_opens_with_its_own_key_alone() -> None:
    mine, other = keys.generate(), keys.generate()
    sealed = notes.seal_note(b"secret", mine.public_key())
    assert notes.open_note(sealed, mine) == b"secret"
    with pytest.raises(ValueError, match="not a note for this key"):
        notes.open_note(sealed, other)
    with pytest.raises(ValueError, match="not a note for this key"):
        notes.open_note(sealed[:-4] + "AAAA", mine)
