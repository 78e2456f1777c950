"""`python -m cbdc.verify EXPORT`: checks everything that an export of the registry says.

Ends with 0 when all holds, 1 with each finding named, 2 when there is nothing to check.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from cbdc.crypto.algorithms import key_id_of
from cbdc.money import format_yuan
from cbdc.verify import form
from cbdc.verify.chain import Registry, follow, read_keys
from cbdc.verify.signatures import Finding, check_stretch

STRETCH_BYTES = 8_000_000
FINDINGS_MAX = 200


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cbdc.verify", description=__doc__)
    parser.add_argument("export", type=Path)
    parser.add_argument("--keys", type=Path, help="the issuer's published keys, a JWK set")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    options = parser.parse_args(arguments)
    try:
        registry, findings = verify(options.export, options.keys)
    except (OSError, ValueError) as error:
        print(f"nothing to check: {error}", file=sys.stderr)
        return 2
    report(registry, findings, as_json=options.json, pinned=options.keys is not None)
    return 1 if findings else 0


def verify(
    export: Path, keys: Path | None = None, *, processes: int | None = None
) -> tuple[Registry, list[Finding]]:
    """Check an export; `keys` is a JWK set that the issuer's keys must stand in.

    `processes` are as many as the machine has cores; 1 does all in this one.

    Raises:
        OSError, ValueError: a file that cannot be read.
    """
    lines = read_keys(export)
    findings = list(_key_faults(lines, keys))
    registry = Registry()
    usable = [line for line in lines if not _fault_of_key(line)]
    if processes == 1:
        findings += islice(follow(export, registry), FINDINGS_MAX)
        findings += check_stretch(export, 0, export.stat().st_size, usable)
        return registry, findings[:FINDINGS_MAX]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        stretches: list[Future[list[Finding]]] = [
            pool.submit(check_stretch, export, start, end, usable)
            for start, end in _stretches(export)
        ]
        findings += islice(follow(export, registry), FINDINGS_MAX)
        for stretch in stretches:
            findings += stretch.result()[:FINDINGS_MAX]
    return registry, findings[:FINDINGS_MAX]


def _stretches(export: Path) -> Iterator[tuple[int, int]]:
    """Byte ranges that begin where lines begin."""
    size, start = export.stat().st_size, 0
    with export.open("rb") as file:
        while start < size:
            file.seek(min(start + STRETCH_BYTES, size))
            file.readline()
            yield start, file.tell()
            start = file.tell()


def _fault_of_key(line: form.Key) -> str | None:
    try:
        if key_id_of(line.alg, line.public_key) != line.key_id:
            return "its id is not its thumbprint"
    except (ValueError, IndexError) as error:
        return f"is no key: {error}"
    return None


def _key_faults(lines: list[form.Key], pinned: Path | None) -> Iterator[Finding]:
    if not any(line.institution is None for line in lines):
        yield Finding("keys", "the export begins with no key of the issuer")
    for line in lines:
        if fault := _fault_of_key(line):
            yield Finding(f"key {line.key_id}", fault)
    if pinned is None:
        return
    published = json.loads(pinned.read_text())
    known = {key["kid"] for key in published.get("keys", published.get("data", []))}
    for line in lines:
        if line.institution is None and line.key_id not in known:
            yield Finding(f"key {line.key_id}", "is none of the keys that the issuer published")


def report(registry: Registry, findings: list[Finding], *, as_json: bool, pinned: bool) -> None:
    """Print the sums and what does not hold."""
    issuers = [key.key_id for key in registry.keys if key.institution is None]
    if as_json:
        found = [{"subject": f.subject, "detail": f.detail} for f in findings]
        sums = {
            "ok": not findings,
            "transactions": registry.sequence,
            "tokens": registry.tokens,
            "live_tokens": len(registry.live),
            "issued": registry.issued,
            "redeemed": registry.redeemed,
            "live": registry.live_value,
            "issuer_keys": issuers,
            "findings": found,
        }
        print(json.dumps(sums))
        return
    for finding in findings:
        print(f"{finding.subject}: {finding.detail}")
    print(f"{registry.sequence} transactions, {registry.tokens} tokens, {len(registry.live)} live")
    print(f"issued    {format_yuan(registry.issued):>24} yuan")
    print(f"redeemed  {format_yuan(registry.redeemed):>24} yuan")
    print(f"live      {format_yuan(registry.live_value):>24} yuan")
    source = "as published" if pinned else "from the export: compare them with those published"
    print(f"issuer keys {source}: {', '.join(issuers) or 'none'}")
    print("Everything holds." if not findings else f"{len(findings)} findings.")


if __name__ == "__main__":
    sys.exit(main())
