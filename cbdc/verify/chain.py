"""The part that must go in order: the chain, and what became of every token."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cbdc.verify import form
from cbdc.verify.signatures import Finding, verifier

GUARANTEE = "guarantee"
OWNER_ASKS = frozenset({"redeem", "lock", "unlock", "split", "merge"})  # these stay in one bank
KINDS = OWNER_ASKS | {"issue", "transfer", "settle"}


@dataclass
class Registry:
    """What the lines read so far add up to, in fen."""

    keys: list[form.Key] = field(default_factory=list)
    keys_hash: str = ""
    head: form.Head | None = None
    live: dict[bytes, tuple[int, str, str | None]] = field(default_factory=dict)
    sequence: int = 0
    transaction_id: str = form.ZERO_HASH
    tokens: int = 0
    issued: int = 0
    redeemed: int = 0

    @property
    def live_value(self) -> int:
        return sum(value for value, _, _ in self.live.values())


def read_keys(path: Path) -> list[form.Key]:
    """The keys that an export begins with."""
    keys = []
    with path.open("rb") as file:
        for raw in file:
            try:
                line = form.read(raw.removesuffix(b"\n"))
            except ValueError:
                break
            if not isinstance(line, form.Key):
                break
            keys.append(line)
    return keys


def follow(path: Path, registry: Registry) -> Iterator[Finding]:
    """Read the export from its first line to its last; yields what does not hold."""
    seen: set[bytes] = set()
    keys_hash = hashlib.sha256()
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                line = form.read(raw.removesuffix(b"\n"))
            except ValueError as error:
                yield Finding(f"line {number} (after transaction {registry.sequence})", str(error))
                continue
            if registry.head is not None:
                yield Finding(f"line {number}", "stands after the head")
            elif isinstance(line, form.Key):
                if registry.sequence:
                    yield Finding(f"line {number}", "a key stands among the transactions")
                registry.keys.append(line)
                keys_hash.update(raw)
            elif isinstance(line, form.Head):
                registry.head = line
            else:
                yield from _place(line, registry)
                yield from _move(line, registry, seen)
    registry.keys_hash = keys_hash.hexdigest()
    yield from _compare_head(registry)


def _place(line: form.Transaction, registry: Registry) -> Iterator[Finding]:
    """Is it the one that comes next?"""
    subject, expected = f"transaction {line.sequence}", registry.sequence + 1
    if line.sequence > expected:
        yield Finding(subject, f"transaction {expected} is missing before it: the chain is broken")
    elif line.sequence < expected:
        yield Finding(subject, f"stands where {expected} belongs: the chain is out of order")
    elif line.previous != registry.transaction_id:
        yield Finding(subject, "does not follow the transaction before it: the chain is broken")
    registry.sequence, registry.transaction_id = line.sequence, line.transaction_id


def _move(line: form.Transaction, registry: Registry, seen: set[bytes]) -> Iterator[Finding]:
    subject = f"transaction {line.sequence}"
    inputs: list[tuple[int, str, str | None]] = []
    for token_id in line.inputs:
        try:
            spent = registry.live.pop(bytes.fromhex(token_id), None)
        except ValueError:
            spent = None
        if spent is None:
            yield Finding(subject, f"spends {token_id}, which is not live")
        else:
            inputs.append(spent)
    outputs: list[tuple[int, str, str | None]] = []
    for signed in line.outputs:
        token = signed.token
        try:
            key = bytes.fromhex(form.token_id(token, form.canonical(token)))
        except (ValueError, OverflowError):
            continue  # the pass over the signatures names it
        if key in seen:
            yield Finding(subject, f"makes {key.hex()} a second time")
        seen.add(key)
        outputs.append((token.value, token.institution, token.lock))
        registry.live[key] = outputs[-1]
    registry.tokens += len(outputs)
    value_in, value_out = sum(t[0] for t in inputs), sum(t[0] for t in outputs)
    if line.kind == "issue":
        registry.issued += value_out
    elif line.kind == "redeem":
        registry.redeemed += value_in - value_out
    for fault in _faults(line, inputs, outputs, value_in, value_out):
        yield Finding(subject, fault)


def _faults(
    line: form.Transaction,
    inputs: list[tuple[int, str, str | None]],
    outputs: list[tuple[int, str, str | None]],
    value_in: int,
    value_out: int,
) -> Iterator[str]:
    """The rules of a token transaction, from the specification (docs/reference/tokens.md)."""
    kind = line.kind
    if kind not in KINDS:
        yield f"there is no kind {kind}"
        return
    if any(value < 1 for value, _, _ in outputs):
        yield "a token without value"
    if any(s.token.currency != "CNY" or s.token.version != form.VERSION for s in line.outputs):
        yield "a token of another currency or version"
    if kind == "issue":
        if line.inputs or not outputs:
            yield "an issue has outputs alone"
    elif kind == "redeem":
        if value_in <= value_out:
            yield f"a redemption of {value_in} that leaves {value_out}"
    elif value_in != value_out:
        yield f"its inputs are worth {value_in}, its outputs {value_out}"
    yield from _lock_faults(kind, inputs, outputs)
    owners = {owner for _, owner, _ in inputs}
    if kind in OWNER_ASKS | {"transfer"}:
        if line.authorisation is None:
            yield "nobody has signed this spending"
        elif list(owners) != [line.authorisation.get("institution")]:  # it may be anything
            yield "signed by another than the owner of its tokens"
    if kind in OWNER_ASKS and {owner for _, owner, _ in outputs} - owners:
        yield "its tokens change their owner"


def _lock_faults(
    kind: str,
    inputs: list[tuple[int, str, str | None]],
    outputs: list[tuple[int, str, str | None]],
) -> Iterator[str]:
    locks_in, locks_out = {t[2] for t in inputs}, {t[2] for t in outputs}
    allowed_in: set[str | None] = {GUARANTEE} if kind in ("unlock", "settle") else {None}
    locking: dict[str, set[str | None]] = {
        "settle": {GUARANTEE},
        "lock": {None, GUARANTEE},
        "unlock": {None, GUARANTEE},
    }
    allowed_out = locking.get(kind, {None})
    if not (locks_in <= allowed_in and locks_out <= allowed_out):
        yield f"a {kind} cannot use these locks"


def _compare_head(registry: Registry) -> Iterator[Finding]:
    head = registry.head
    if head is None:
        yield Finding("head", "missing: the end of the export was cut off")
        return
    if not _is_signed(head, registry.keys):
        yield Finding("head", "the issuer's signature does not verify")
    if head.keys_hash != registry.keys_hash:
        yield Finding("keys", "are not those that the head was signed with")
    if (head.sequence, head.transaction_id) != (registry.sequence, registry.transaction_id):
        yield Finding(
            f"transaction {head.sequence}",
            f"is the chain's end, but the export ends at {registry.sequence}",
        )
    sums = (registry.issued, registry.redeemed, registry.live_value)
    if (head.issued, head.redeemed, head.live) != sums:
        yield Finding("head", f"says {head.issued}, {head.redeemed}, {head.live}; sums are {sums}")
    if registry.issued - registry.redeemed != registry.live_value:
        yield Finding("INV-1", "issued less redeemed is not what the live tokens are worth")


def _is_signed(head: form.Head, keys: list[form.Key]) -> bool:
    for key in keys:
        if key.institution is None and key.key_id == head.issuer_key_id:
            try:
                verifies = verifier(key.alg, key.public_key)
            except ValueError:
                return False
            return verifies(head.alg, head.signature, form.head_content(head))
    return False
