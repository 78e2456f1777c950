"""Reading `Signature-Input` and `Signature` (RFC 9421 section 4): one label, one strict form."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

NONCE_MAX = 64
KEYID_MAX = 100

Kind = Literal["missing", "invalid", "expired"]

_INPUT = re.compile(r"sig1=(?P<raw>\((?P<components>[^()]{1,400})\)(?P<params>(?:;[^;]+)+))", re.A)
_PARAMETER = re.compile(
    r"(?P<time>created|expires)=(?P<integer>[0-9]{1,15})"
    r'|(?P<name>keyid|alg|nonce)="(?P<text>[ !#-:<-\[\]-~]{1,100})"',
    re.A,
)
_TEXT = re.compile(r"[ !#-:<-\[\]-~]+", re.A)
_SIGNATURE = re.compile(r"sig1=(?P<item>:(?P<value>[A-Za-z0-9+/]{86}==):)", re.A)


class SignatureError(Exception):
    """A signature that proves nothing. `kind` is "missing", "invalid" or "expired"."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind: Kind = kind


@dataclass(frozen=True, slots=True)
class SignatureInput:
    """What the two headers say. `raw` is the input as it was sent: the base repeats it."""

    raw: str
    components: tuple[str, ...]
    keyid: str
    nonce: str | None
    created: int
    expires: int
    signature: bytes


def parse(headers: Mapping[str, str]) -> SignatureInput:
    """The one signature of a message. `headers` by lower-case name.

    Components keep what follows their name: `"signature";req;key="sig1"`.

    Raises:
        SignatureError: missing, or invalid: another label, several labels, an unknown,
            repeated or mistyped parameter, another algorithm.
    """
    if "signature" not in headers or "signature-input" not in headers:
        raise SignatureError("missing", "Signature and Signature-Input are required")
    match = _INPUT.fullmatch(headers["signature-input"].strip())
    if match is None:
        raise SignatureError("invalid", "Signature-Input is not one input labelled sig1")
    found = _parameters(match["params"])
    return SignatureInput(
        raw=match["raw"],
        components=tuple(match["components"].split(" ")),
        keyid=found["keyid"],
        nonce=found.get("nonce"),
        created=int(found["created"]),
        expires=int(found["expires"]),
        signature=base64.b64decode(signature_item(headers["signature"]).strip(":")),
    )


def signature_item(header: str) -> str:
    """The value of `sig1` in a Signature header, as RFC 9421 repeats it: `:…:`.

    Raises:
        SignatureError: invalid: not one Ed25519 signature labelled sig1.
    """
    match = _SIGNATURE.fullmatch(header.strip())
    # Bits left over in the last character would give one signature several spellings.
    if match is None or base64.b64encode(base64.b64decode(match["value"])) != (
        match["value"].encode()
    ):
        raise SignatureError("invalid", "Signature is not one Ed25519 signature labelled sig1")
    return match["item"]


def parameters(*, created: int, expires: int, keyid: str, nonce: str | None) -> str:
    """The parameters as this profile writes them: `;created=…;expires=…;keyid="…";alg=…`.

    Raises:
        ValueError: a keyid or nonce that would not be read again.
    """
    text = f';created={created};expires={expires};keyid="{keyid}";alg="ed25519"'
    for value, longest in ((keyid, KEYID_MAX), (nonce, NONCE_MAX)):
        if value is not None and (not _TEXT.fullmatch(value) or len(value) > longest):
            raise ValueError("a keyid or nonce is empty, too long or not plain text")
    return text if nonce is None else f'{text};nonce="{nonce}"'


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text[1:].split(";"):
        match = _PARAMETER.fullmatch(part)
        name = (match["time"] or match["name"]) if match else None
        if match is None or name is None or name in found:
            raise SignatureError("invalid", "an unknown, malformed or repeated parameter")
        found[name] = match["integer"] or match["text"]
    if not {"created", "expires", "keyid", "alg"} <= found.keys() or found["alg"] != "ed25519":
        raise SignatureError("invalid", 'created, expires, keyid and alg="ed25519" are required')
    if len(found.get("nonce", "")) > NONCE_MAX:
        raise SignatureError("invalid", f"a nonce has at most {NONCE_MAX} characters")
    return found
