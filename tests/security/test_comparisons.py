"""Nothing secret is compared with `==`, which stops at the first difference and so tells its place.

Secrets are compared by `hmac.compare_digest`, or looked up by a keyed hash of them.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("cbdc", "central_bank", "commercial_banks", "wallets")
SECRET = re.compile(
    r"(^|_)(otp|secret|token|bearer|credential|mac|hmac|digest|hash|signature|password|passphrase"
    r"|pin|api_key|secret_key)$",
    re.I,
)
# What these compare is no guess of a caller's: hashes of what is published or recorded, and
# whether a new secret is a known default.
PUBLIC = {
    "cbdc/settings/base.py": {"SECRET_KEY"},
    "central_bank/clearing/accepting.py": {"content_hash"},
    "cbdc/verify/chain.py": {"keys_hash"},
    "cbdc/approvals/four_eyes.py": {"payload_hash"},
    "central_bank/auditor.py": {"previous_hash"},
    "cbdc/audit/chain.py": {"entry_hash", "_hash"},
    "cbdc/access/sessions.py": {"password"},  # two hashes in the database: changed, or not
}
EQUALITY = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)


def name_of(node: ast.expr) -> str | None:
    """The last name of `a`, `a.b`, `a.b()`, `a["b"]`, `bytes(a)`."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Call):
        inner = name_of(node.args[0]) if len(node.args) == 1 else None
        return inner if inner and SECRET.search(inner) else name_of(node.func)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return None


def is_plain(node: ast.expr) -> bool:
    """None and the empty text: whether there is a secret is none."""
    return isinstance(node, ast.Constant) and node.value in (None, "", b"")


def secrets_compared(source: str) -> Iterator[tuple[int, str]]:
    """(line, name) of each secret that is compared with ==, != or in."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Compare) and isinstance(node.ops[0], EQUALITY)):
            continue
        sides = [node.left, *node.comparators]
        if any(is_plain(side) for side in sides):
            continue
        for side in sides:
            for part in side.elts if isinstance(side, ast.Tuple | ast.List) else [side]:
                name = name_of(part)
                if name is not None and SECRET.search(name):
                    yield node.lineno, name


def test_no_secret_is_compared_with_an_operator() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for line, name in secrets_compared(path.read_text())
        if name not in PUBLIC.get(str(path.relative_to(ROOT)), set())
    ]
    assert not found, "\n".join(["compare these with hmac.compare_digest:", *found])


def test_every_exception_is_still_needed() -> None:
    for path, names in PUBLIC.items():
        found = {name for _, name in secrets_compared((ROOT / path).read_text())}
        assert names <= found, path


@pytest.mark.parametrize(
    "source",
    [
        "enrolment.otp_hash == wanted",
        "if given != self._mac(payload): ...",
        "mac == mac2 == mac3",
        "(key, token) == (a, b)",
        "token in tokens",
        'row["api_key"] == given',
        "bytes(row.signature) == raw",
        "settings.SECRET_KEY == text",
    ],
)
def test_a_comparison_is_noticed(source: str) -> None:
    assert list(secrets_compared(source))


@pytest.mark.parametrize(
    "source", ["token is None", 'mac == ""', "len(tokens) == 3", "hash_of == a"]
)
def test_other_comparisons_are_not(source: str) -> None:
    assert not list(secrets_compared(source))
