"""The part that costs: every signature and hash of a stretch of lines, in a process of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import nacl.bindings
import nacl.exceptions

from cbdc.crypto.algorithms import ED25519, VerifyingKey
from cbdc.crypto.encoding import b64url_decode
from cbdc.verify import form

ED25519_BYTES = 64
Verifies = Callable[[str, str, bytes], bool]  # (alg, signature, data)
Keys = dict[tuple[str | None, str], Verifies]  # by institution (None: the issuer) and key id


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not hold, and where."""

    subject: str
    detail: str


def verifier(alg: str, public_key: str) -> Verifies:
    """Ed25519 by libsodium, which takes half the time; every other algorithm by the registry.

    Raises:
        ValueError: no key of that algorithm.
    """
    if alg != ED25519:
        return VerifyingKey.of(alg, public_key).verifies
    public = b64url_decode(public_key, length=32)

    def verifies(said: str, signature: str, data: bytes) -> bool:
        if said != ED25519:
            return False
        try:
            raw = b64url_decode(signature, length=ED25519_BYTES)
            nacl.bindings.crypto_sign_open(raw + data, public)
        except (ValueError, nacl.exceptions.CryptoError):
            return False
        return True

    return verifies


def check_stretch(path: Path, start: int, end: int, lines: list[form.Key]) -> list[Finding]:
    """The findings of the transactions that begin in bytes `start` to `end` of the export."""
    keys: Keys = {(k.institution, k.key_id): verifier(k.alg, k.public_key) for k in lines}
    findings: list[Finding] = []
    with path.open("rb") as file:
        file.seek(start)
        while file.tell() < end and (raw := file.readline()):
            try:
                line = form.read(raw.removesuffix(b"\n"))
            except ValueError:
                continue  # the chain's pass names it
            if isinstance(line, form.Transaction):
                findings += _check(line, keys)
    return findings


def _check(line: form.Transaction, keys: Keys) -> Iterator[Finding]:
    subject = f"transaction {line.sequence}"
    issuer = keys.get((None, line.issuer_key_id))
    if issuer is None or not issuer(line.alg, line.signature, form.transaction_content(line)):
        yield Finding(subject, "the issuer's signature of the transaction does not verify")
    if form.transaction_id(line) != line.transaction_id:
        yield Finding(subject, "its id is not the hash of its content")
    for index, signed in enumerate(line.outputs):
        yield from _check_token(line, index, signed, keys)
    if line.authorisation is not None:
        yield from _check_proof(line, keys)


def _check_token(
    line: form.Transaction, index: int, signed: form.Signed, keys: Keys
) -> Iterator[Finding]:
    token = signed.token
    content = form.canonical(token)
    try:
        name = f"token {form.token_id(token, content)} (transaction {line.sequence})"
    except (ValueError, OverflowError):
        yield Finding(f"transaction {line.sequence}", f"output {index} is no token")
        return
    if (token.transaction_id, token.index) != (line.transaction_id, index):
        yield Finding(name, f"is not output {index} of its transaction")
    if token.issued_at != line.occurred_at:
        yield Finding(name, "is not of the time of its transaction")
    issuer = keys.get((None, signed.issuer_key_id))
    if issuer is None or not issuer(signed.alg, signed.signature, content):
        yield Finding(name, "the issuer's signature does not verify")


def _check_proof(line: form.Transaction, keys: Keys) -> Iterator[Finding]:
    subject = f"transaction {line.sequence}"
    try:
        proof = form.PROOF.decode(form.canonical(line.authorisation))
    except msgspec.MsgspecError as error:
        yield Finding(subject, f"its authorisation is none: {error}")
        return
    owner = keys.get((proof.institution, proof.key_id))
    if owner is None or not owner(
        proof.alg, proof.signature, form.authorisation_content(line, proof)
    ):
        yield Finding(subject, f"{proof.institution} has not signed this spending")
