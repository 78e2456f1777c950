"""`python -m benchmarks.verify [TOKENS]`: how long the stand-alone verifier takes for a registry.

The registry is made here: a bank is issued a token and locks a part of it, over and over. Each two
transactions have three tokens, and each three tokens six signatures.
"""

import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO

from cbdc.crypto.algorithms import Ed25519Signer
from cbdc.crypto.encoding import b64url
from cbdc.crypto.keys import generate
from cbdc.verify import form

TOKENS = 1_000_000
VALUE = 100_000
LOCKED = 60_000
MOMENT = "2026-01-31T09:30:00.000000Z"
OWNER = "harbor"


class Maker:
    """Writes an export as the central bank would."""

    def __init__(self, out: BinaryIO) -> None:
        self.out = out
        self.issuer, self.owner = Ed25519Signer.of(generate()), Ed25519Signer.of(generate())
        self.sequence, self.previous, self.tokens = 0, form.ZERO_HASH, 0
        keys = hashlib.sha256()
        for institution, signer in ((None, self.issuer), (OWNER, self.owner)):
            keys.update(
                self._write(
                    type="key",
                    alg=signer.alg,
                    institution=institution,
                    key_id=signer.key_id,
                    public_key=signer.public_key,
                )
            )
        self.keys_hash = keys.hexdigest()

    def make(self, tokens: int) -> None:
        issued = 0
        while self.tokens < tokens:
            [token] = self._transaction("issue", [], [(VALUE, None)])
            self._transaction("lock", [token], [(LOCKED, "guarantee"), (VALUE - LOCKED, None)])
            issued += VALUE
        head: dict[str, Any] = {
            "alg": self.issuer.alg,
            "currency": "CNY",
            "exported_at": MOMENT,
            "issued": issued,
            "issuer_key_id": self.issuer.key_id,
            "keys_hash": self.keys_hash,
            "live": issued,
            "redeemed": 0,
            "sequence": self.sequence,
            "transaction_id": self.previous,
            "version": form.VERSION,
        }
        signature = b64url(self.issuer.sign(form.canonical(head)))
        self._write(type="head", signature=signature, **head)

    def _transaction(
        self, kind: str, inputs: list[str], outputs: list[tuple[int, str | None]]
    ) -> list[str]:
        self.sequence += 1
        request_id = f"{self.sequence:08x}-0000-7000-8000-000000000000"
        owner = {"institution": OWNER, "key_id": self.owner.key_id}
        said = {
            "sequence": self.sequence,
            "kind": kind,
            "request_id": request_id,
            "previous": self.previous,
            "inputs": inputs,
            "outputs": [{**owner, "value": value, "lock": lock} for value, lock in outputs],
        }
        self.previous = hashlib.sha256(form.canonical(said)).hexdigest()
        proof = None
        if inputs:
            asked = {"kind": kind, "inputs": inputs, "amount": LOCKED, "request_id": request_id}
            signature = b64url(self.owner.sign(form.canonical(asked)))
            proof = {**owner, "alg": self.owner.alg, "amount": LOCKED, "signature": signature}
        content = {"transaction_id": self.previous, "occurred_at": MOMENT, "authorisation": proof}
        made = [self._token(index, *output) for index, output in enumerate(outputs)]
        self._write(
            type="transaction",
            alg=self.issuer.alg,
            authorisation=proof,
            inputs=inputs,
            issuer_key_id=self.issuer.key_id,
            kind=kind,
            occurred_at=MOMENT,
            outputs=[wire for _, wire in made],
            previous=said["previous"],
            request_id=request_id,
            sequence=self.sequence,
            signature=b64url(self.issuer.sign(form.canonical(content))),
            transaction_id=self.previous,
        )
        return [token_id for token_id, _ in made]

    def _token(self, index: int, value: int, lock: str | None) -> tuple[str, dict[str, Any]]:
        self.tokens += 1
        token = form.Token(
            currency="CNY",
            ext={},
            index=index,
            institution=OWNER,
            issued_at=MOMENT,
            key_id=self.owner.key_id,
            lock=lock,
            transaction_id=self.previous,
            value=value,
            version=1,
        )
        content = form.canonical(token)
        signed = {
            "alg": self.issuer.alg,
            "issuer_key_id": self.issuer.key_id,
            "signature": b64url(self.issuer.sign(content)),
            "token": token,
        }
        return form.token_id(token, content), signed

    def _write(self, **fields: Any) -> bytes:
        line = form.canonical(dict(sorted(fields.items()))) + b"\n"
        self.out.write(line)
        return line


def main(tokens: int) -> int:
    with tempfile.TemporaryDirectory(prefix="cbdc-verify-") as folder:
        file = Path(folder) / "registry.jsonl"
        with file.open("wb") as out:
            maker = Maker(out)
            maker.make(tokens)
        begun = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "cbdc.verify", str(file)],
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        took = time.perf_counter() - begun
        size = file.stat().st_size
    print("| tokens | transactions | signatures | export | verified in | tokens/s |")
    print("|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {maker.tokens:,} | {maker.sequence:,} | {2 * maker.tokens:,} | {size >> 20:,} MiB"
        f" | {took:.1f} s | {maker.tokens / took:,.0f} |"
    )
    if done.returncode != 0:
        print(done.stdout, file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else TOKENS))
