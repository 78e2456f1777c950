"""The security documents cite tests that exist, and the checklist leaves no row without a word."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECKLIST = ROOT / "docs" / "security-checklist.md"
DOCUMENTS = ["docs/security-checklist.md", "docs/threat-model.md", "SECURITY.md"]
OWASP_RISKS, ASVS_CHAPTERS = 10, 17
_PATH = re.compile(r"`((?:tests|docs|tools|cbdc|wallets|central_bank|commercial_banks)/[\w./*-]*)`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def rows(text: str) -> list[list[str]]:
    """The cells of each row of each table, but for heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_cited_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    missing = [path for path in _PATH.findall(text) if not list(ROOT.glob(path.rstrip("/")))]
    missing += [
        link for link in _LINK.findall(text) if not ((ROOT / document).parent / link).exists()
    ]
    assert not missing


def test_every_risk_and_chapter_has_a_test_or_a_reason() -> None:
    found = rows(CHECKLIST.read_text())
    risks = {row[0] for row in found if re.match(r"API\d+\b", row[0])}
    assert len(risks) == OWASP_RISKS
    chapters = {int(match[1]) for row in found if (match := re.match(r"V(\d+)\.\d+\b", row[0]))}
    assert chapters == set(range(1, ASVS_CHAPTERS + 1))
    for row in found:
        assert all(row), row
