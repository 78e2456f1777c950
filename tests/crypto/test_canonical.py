"""Canonical JSON (RFC 8785) and Content-Digest (RFC 9530)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbdc.crypto.canonical import SAFE_INTEGER_MAX, canonical_json
from cbdc.crypto.content_digest import content_digest, digest_matches
from tests.crypto import vectors


@pytest.mark.parametrize("case", vectors.load("canonical_json")["cases"])
def test_canonical_vectors(case: dict[str, Any]) -> None:
    assert canonical_json(case["value"]).decode() == case["canonical"]


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-SAFE_INTEGER_MAX, SAFE_INTEGER_MAX)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(JSON_VALUES)
def test_canonical_form_parses_back_and_is_a_fixed_point(value: Any) -> None:
    once = canonical_json(value)
    assert json.loads(once) == value
    assert canonical_json(json.loads(once)) == once


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers(0, 9)))
def test_order_of_insertion_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


@pytest.mark.parametrize(
    "value",
    [1.0, float("nan"), 2**53, -(2**53), b"bytes", {1: "key"}, {"a": [{"b": 0.5}]}, "\ud800", {1}],
)
def test_values_without_one_form_are_refused(value: Any) -> None:
    with pytest.raises(ValueError):
        canonical_json(value)


@pytest.mark.parametrize("case", vectors.load("rfc9530_digest")["cases"])
def test_digest_of_rfc_9530(case: dict[str, str]) -> None:
    body = case["body"].encode()
    assert content_digest(body) == case["content_digest"]
    assert digest_matches(case["content_digest"], body)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha-256",
        content_digest(b"other"),
        content_digest(b"body").replace("sha-256", "sha-512"),
        content_digest(b"body").replace("sha-256", "SHA-256"),
        content_digest(b"body") + ", " + content_digest(b"body"),
        content_digest(b"body").rstrip(":"),
        "é",
    ],
)
def test_anything_but_the_bodys_digest_does_not_match(header: str) -> None:
    assert digest_matches(content_digest(b"body"), b"body")
    assert not digest_matches(header, b"body")
