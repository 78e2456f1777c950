"""A body is refused once, with an entry for each fault and the right code for all of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from cbdc.api.schema import ERRORS_MAX, Amount, Integer, List, Object, Schema, Text
from cbdc.errors import FieldError, Problem
from tests.api.support import PAYEE
from tests.api.urls import PAYMENT

RIGHT: dict[str, Any] = {"payee_wallet": PAYEE, "amount": 5}


def refusal(schema: Schema, body: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The problem's code, and the code of each field."""
    with pytest.raises(Problem) as refused:
        schema.parse(body)
    problem = refused.value
    assert problem.error.status == 422
    return problem.error.code, {error.field: error.code for error in problem.errors}


def test_right_body_has_every_field_with_its_default() -> None:
    assert PAYMENT.parse(RIGHT) == {**RIGHT, "currency": "CNY", "memo": ""}


@pytest.mark.parametrize(
    ("change", "code", "fields"),
    [
        ({"amount": 0}, "invalid_amount", {"amount": "invalid_amount"}),
        ({"amount": None}, "invalid_amount", {"amount": "invalid_amount"}),
        ({"payee_wallet": "1"}, "invalid_wallet_id", {"payee_wallet": "invalid_wallet_id"}),
        ({"currency": "USD"}, "currency_mismatch", {"currency": "currency_mismatch"}),
        ({"memo": None}, "validation_failed", {"memo": "null"}),
        ({"memo": 5}, "validation_failed", {"memo": "invalid_type"}),
        ({"x": 1}, "validation_failed", {"x": "unknown_field"}),
        ({"status": "paid"}, "validation_failed", {"status": "read_only"}),
        (
            {"amount": 0, "x": 1},
            "validation_failed",
            {"amount": "invalid_amount", "x": "unknown_field"},
        ),
        (
            {"amount": 0, "payee_wallet": "1"},
            "validation_failed",
            {"amount": "invalid_amount", "payee_wallet": "invalid_wallet_id"},
        ),
    ],
)
def test_faults_are_named(change: dict[str, Any], code: str, fields: dict[str, str]) -> None:
    assert refusal(PAYMENT, {**RIGHT, **change}) == (code, fields)


def test_missing_fields_are_required() -> None:
    expected = {"payee_wallet": "required", "amount": "required"}
    assert refusal(PAYMENT, {}) == ("validation_failed", expected)


def test_faults_inside_lists_and_objects_say_where() -> None:
    limits = Object(Schema({"daily": Amount(), "annual": Integer(required=False)}))
    schema = Schema({"limits": limits, "names": List(Text(3), max_length=2)})
    body = {"limits": {"daily": 5, "annual": "x", "y": 1}, "names": ["a", 7]}
    assert refusal(schema, body) == (
        "validation_failed",
        {
            "limits.annual": "invalid_type",
            "limits.y": "unknown_field",
            "names[1]": "invalid_type",
        },
    )


def test_list_longer_than_its_limit_is_refused() -> None:
    schema = Schema({"names": List(Text(3), max_length=2)})
    assert refusal(schema, {"names": ["a"] * 3})[1] == {"names": "invalid_length"}


def test_check_sees_values_that_are_right_by_themselves() -> None:
    def not_seven(values: dict[str, Any]) -> Iterator[FieldError]:
        if values["a"] == 7:
            yield FieldError("a", "invalid", "Must not be 7.")

    schema = Schema({"a": Integer()}, check=not_seven)
    assert schema.parse({"a": 8}) == {"a": 8}
    assert refusal(schema, {"a": 7})[1] == {"a": "invalid"}
    assert refusal(schema, {"a": "7"})[1] == {"a": "invalid_type"}


def test_errors_have_a_limit() -> None:
    with pytest.raises(Problem) as refused:
        PAYMENT.parse({**RIGHT, **{f"x{n}": 1 for n in range(1000)}})
    assert len(refused.value.errors) == ERRORS_MAX


def test_a_schema_describes_itself() -> None:
    described = PAYMENT.openapi()
    assert described["required"] == ["payee_wallet", "amount"]
    assert described["properties"]["amount"]["maximum"] == 10**15
    assert described["additionalProperties"] is False
