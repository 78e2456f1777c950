"""A wallet's category follows proof of identity, and nothing else."""

from typing import Any

import pytest
from stdnum.cn import ric

from tests.books import fingerprint
from tests.holders import Holder
from tests.in_process import DATABASES, Network

pytestmark = pytest.mark.django_db(databases=DATABASES, transaction=True)
STRANGER = "11010119800101" + "123"
STRANGER += ric.calc_check_digit(STRANGER + "0")


def ask(network: Network, holder: Holder, index: int = 0, **fields: Any) -> Any:
    """An upgrade with the papers of that person; `...` leaves a field out."""
    person = network.people["harbor"][index]
    body = {
        "category": 2,
        "full_name": person["full_name"],
        "id_number": person["id_number"],
        "deposit_account": person["deposit_account"],
        **fields,
    }
    body = {name: value for name, value in body.items() if value is not ...}
    return holder.post(f"/api/v1/wallets/{holder.wallet_id}/upgrade", body)


def test_identity_and_account_open_category_2(network: Network, alice: Holder) -> None:
    for _ in range(2):  # asking again changes nothing
        answer = ask(network, alice)
        assert answer.status_code == 200
        wallet = answer.json()
        assert wallet == alice.get(f"/api/v1/wallets/{alice.wallet_id}").json()
        assert wallet["category"] == 2
        assert wallet["limits"]["daily"] == 100_000_00


def test_identity_alone_opens_category_3(network: Network, alice: Holder) -> None:
    answer = ask(network, alice, category=3, deposit_account=...)
    assert answer.status_code == 200
    assert answer.json()["limits"]["balance"] == 20_000_00


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"category": 1}, "validation_failed", "category"),
        ({"category": 4}, "validation_failed", "category"),
        ({"category": "2"}, "validation_failed", "category"),
        ({"deposit_account": ...}, "validation_failed", "deposit_account"),
        ({"id_number": "110101199001010010"}, "validation_failed", "id_number"),
        ({"full_name": ...}, "validation_failed", "full_name"),
        ({"full_name": "Somebody Else"}, "kyc_mismatch", None),
        ({"id_number": STRANGER}, "kyc_mismatch", None),
    ],
)
def test_wrong_papers_are_refused(
    network: Network, alice: Holder, fields: dict[str, Any], code: str, field: str | None
) -> None:
    before = fingerprint("harbor")
    answer = ask(network, alice, **fields)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    if field is not None:
        assert [entry["field"] for entry in answer.json()["errors"]] == [field]
    assert fingerprint("harbor") == before


def test_papers_of_another_person_are_refused(network: Network, alice: Holder, bob: Holder) -> None:
    """Right papers, but of somebody with another phone; and own papers, another's account."""
    assert ask(network, alice, index=1).json()["code"] == "kyc_mismatch"
    answer = ask(network, alice, deposit_account=bob.deposit_account)
    assert answer.json()["code"] == "kyc_mismatch"


def test_category_is_never_lowered_by_an_upgrade(network: Network, alice: Holder) -> None:
    assert ask(network, alice).status_code == 200
    assert ask(network, alice, category=3).json()["code"] == "validation_failed"


def test_wallet_of_another_is_not_found(network: Network, alice: Holder, bob: Holder) -> None:
    person = network.people["harbor"][0]
    body = {"category": 3, "full_name": person["full_name"], "id_number": person["id_number"]}
    answer = bob.post(f"/api/v1/wallets/{alice.wallet_id}/upgrade", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_seeded_people_have_possible_identity_numbers(network: Network) -> None:
    numbers = [person["id_number"] for people in network.people.values() for person in people]
    assert len(set(numbers)) == len(numbers)
    assert all(ric.is_valid(number) for number in numbers)
