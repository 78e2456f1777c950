"""`python -m benchmarks.gate [SHOWN]`: how long a rider waits at the reference gate.

A directory of 100 institutions with two keys each, a deny list of 10,000 credentials, and SHOWN
riders who each show their credential once: checked alone, and decided by the whole gate, whose
tap is on the disk when it opens. Beside it, what a commit of SQLite takes there by itself.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.figures import percentile, table
from benchmarks.server import ROOT
from cbdc.client.central_bank import InstitutionCard
from cbdc.client.gate import Direction, Gate, Opened, Place, Store, deny_list, directory
from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.crypto.algorithms import Ed25519Signer
from cbdc.crypto.transit_credential import TransitCredential, device_binding, sign_credential
from cbdc.crypto.transit_keys import KeyRing
from cbdc.identifiers import new_id

SHOWN = 5_000
INSTITUTIONS = 100
KEYS_EACH = 2
DENIED = 10_000
VERIFY_MS_MAX = 5.0
CHARACTERS_MAX = 200
CLASSES = ("adult", "student", "x" * 24)  # the shortest, and the longest that there may be


def main(shown: int) -> int:
    """Print the table; 1 if a gate did not open, or a credential is too long."""
    signers = {
        f"{number:04d}": [Ed25519Signer.of(keys.generate()) for _ in range(KEYS_EACH)]
        for number in range(11, 11 + INSTITUTIONS)
    }
    texts = list(_credentials(signers, shown))
    ring = KeyRing.of(_rows(signers))
    moment = now()
    verified = _timed(lambda text: ring.verify(text, now=moment), texts)
    # Under var/, as a gate's state is: the usual place for what is temporary may be memory.
    (ROOT / "var").mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="gate-", dir=ROOT / "var") as folder,
        closing(Store.open(Path(folder))) as store,
    ):
        directory.keep(store, _cards(signers))
        denied = [str(new_id()) for _ in range(DENIED)]
        deny_list.replace(store, bank="", version=1, entries=denied)
        gate = Gate(store, Place("harbour", "G1", Direction.ENTRY))
        decided = _timed(gate.show, texts)
        committed = _timed(lambda text: store.put_note("bare", text), texts)
        (kept,) = store.connection.execute("SELECT count(*) FROM tap").fetchone()
    longest = max(map(len, texts))
    rows = [
        _row("credential checked alone", verified, VERIFY_MS_MAX),
        _row("decided, with its tap on the disk", decided),
        _row("a bare commit of SQLite there", committed),
        [
            "credential, characters",
            f"{len(texts[0])} (adult)",
            f"{longest} (longest class)",
            f"< {CHARACTERS_MAX} ({'reached' if longest < CHARACTERS_MAX else 'missed'})",
        ],
    ]
    print(table([f"{shown:,} riders", "p50", "p99", "wanted"], rows))
    return int(kept != shown or longest >= CHARACTERS_MAX)


def _credentials(signers: dict[str, list[Ed25519Signer]], count: int) -> Iterator[str]:
    device = keys.raw_b64url(keys.generate().public_key())
    end = (now() + timedelta(days=7)).replace(microsecond=0)
    numbers = list(signers)
    for at in range(count):
        id_, number = new_id(), numbers[at % len(numbers)]
        bound = device_binding(id_, device)
        credential = TransitCredential(id_, number, CLASSES[at % len(CLASSES)], end, bound)
        yield sign_credential(credential, signers[number][at % KEYS_EACH])


def _rows(signers: dict[str, list[Ed25519Signer]]) -> list[dict[str, Any]]:
    return [
        {
            "number": number,
            "status": "active",
            "keys": [keys.jwk(keys.public_from_raw(one.public_key)) for one in own],
        }
        for number, own in signers.items()
    ]


def _cards(signers: dict[str, list[Ed25519Signer]]) -> list[InstitutionCard]:
    return [
        InstitutionCard("", row["number"], "", row["status"], "", tuple(row["keys"]))
        for row in _rows(signers)
    ]


def _timed(work: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    """Milliseconds of each, sorted."""
    took = []
    for text in texts:
        begun = time.perf_counter()
        answer = work(text)
        took.append((time.perf_counter() - begun) * 1000)
        if not isinstance(answer, TransitCredential | Opened | None):
            raise RuntimeError(f"not let in: {answer}")
    return sorted(took)


def _row(name: str, took: Sequence[float], wanted_ms: float | None = None) -> list[str]:
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    words = ""
    if wanted_ms is not None:
        words = f"< {wanted_ms:g} ms ({'reached' if p99 < wanted_ms else 'missed'})"
    return [name, f"{p50:.2f} ms", f"{p99:.2f} ms", words]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SHOWN))
