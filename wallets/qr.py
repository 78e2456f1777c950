"""QR codes that any bank's wallet can pay: EMVCo merchant-presented payloads, of shops and people.

EMV QR Code Specification for Payment Systems, Merchant-Presented Mode 1.1. A payload is a row
of objects `id(2) length(2) value`, counted in characters, with a CRC at the end. Ours carries
one template with the wallet to pay and, when it is dynamic, the order. No Django here.

    text = encode(QrCode(wallet_id="0011000000000017", name="COFFEE", amount=12_34))
    decode(text).amount == 12_34
"""

import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from cbdc.identifiers import is_wallet_id
from cbdc.money import AMOUNT_MAX, is_amount

SCHEME = "5f0e6b3c9a7d5e1fb2c84d10a6e7c2b9"  # a UUID, as the specification asks of a scheme
PERSON = "0000"  # the merchant category of someone who is no merchant
PERSON_NAME = "e-CNY wallet"  # a person's code tells no name
TEXT_MAX = 512  # characters of a payload
NAME_MAX = 25
CITY_MAX = 15
LABEL_MAX = 25
AMOUNT_TEXT_MAX = 13  # so that no more than 9,999,999,999.99 yuan can be asked for
STATIC, DYNAMIC = "11", "12"
CURRENCY_NUMBER = "156"  # CNY in ISO 4217
COUNTRY = "CN"

_PRINTABLE = re.compile(r"[\x20-\x7e]+", re.ASCII)
_AMOUNT = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]{0,2}))?", re.ASCII)
_CATEGORY = re.compile(r"[0-9]{4}", re.ASCII)
_ORDER = re.compile(r"[0-9a-f]{32}", re.ASCII)
_UNREADABLE = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")
_ACCOUNTS = [str(number) for number in range(26, 52)]  # templates with a scheme's name
_REFUSED = {"55", "56", "57"}  # tips: nobody would pay them to the payee


class QrError(ValueError):
    """A text that is no payload, or none that an e-CNY wallet can pay."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """What a payload says. `amount` is fen; None lets the payer choose.

    With `order_id` it is dynamic: for one order, once. `name` and `city` are printable ASCII,
    `local_name` is the payee's name as its customers write it. `reference` and `terminal` are
    the merchant's own.
    """

    wallet_id: str
    name: str = PERSON_NAME
    city: str = "CHINA"
    category: str = PERSON
    amount: int | None = None
    order_id: UUID | None = None
    local_name: str = ""
    reference: str = ""
    terminal: str = ""

    @property
    def is_dynamic(self) -> bool:
        return self.order_id is not None

    @property
    def is_person(self) -> bool:
        return self.category == PERSON


def encode(code: QrCode) -> str:
    """The payload, CRC included.

    Raises:
        QrError: a value that a payload cannot carry.
    """
    _require(is_wallet_id(code.wallet_id), "the wallet id is not valid")
    _require_text(code.name, NAME_MAX, "name")
    _require_text(code.city, CITY_MAX, "city")
    _require(_CATEGORY.fullmatch(code.category) is not None, "the category is not four digits")
    account = [("00", SCHEME), ("01", code.wallet_id)]
    if code.order_id is not None:
        account.append(("02", code.order_id.hex))
    objects = [
        ("00", "01"),
        ("01", DYNAMIC if code.is_dynamic else STATIC),
        ("26", _join(account)),
        ("52", code.category),
        ("53", CURRENCY_NUMBER),
    ]
    if code.amount is not None:
        objects.append(("54", _amount_text(code.amount)))
    objects += [("58", COUNTRY), ("59", code.name), ("60", code.city)]
    labels = [("05", code.reference), ("07", code.terminal)]
    for _, label in labels:
        if label:
            _require_text(label, LABEL_MAX, "label")
    if any(label for _, label in labels):
        objects.append(("62", _join((id_, label) for id_, label in labels if label)))
    if code.local_name:
        _require(len(code.local_name) <= NAME_MAX, "the local name is too long")
        _require(not _UNREADABLE.search(code.local_name), "the local name cannot be read")
        objects.append(("64", _join([("00", "zh"), ("01", code.local_name)])))
    text = _join(objects) + "6304"
    return text + crc(text)


def decode(text: str) -> QrCode:
    """The inverse of `encode`, for the payloads of other banks too.

    Raises:
        QrError: a wrong CRC or form; another currency; no e-CNY wallet in it; a tip.
    """
    objects = read_objects(text)
    _require(objects.get("00") == "01", "another version")
    _require(objects.get("53") == CURRENCY_NUMBER, "another currency")
    _require(not _REFUSED & set(objects), "tips are not paid here")
    for needed in ("52", "58", "59", "60"):
        _require(needed in objects, f"object {needed} is missing")
    account = _account_of(objects)
    order = account.get("02")
    method = objects.get("01", STATIC)
    _require(method in (STATIC, DYNAMIC), "neither static nor dynamic")
    _require((method == DYNAMIC) == (order is not None), "dynamic without an order, or the other")
    _require(order is None or _ORDER.fullmatch(order) is not None, "the order is not valid")
    _require(order is None or "54" in objects, "an order without an amount")
    labels = _split(objects["62"]) if "62" in objects else {}
    local = _split(objects["64"]) if "64" in objects else {}
    code = QrCode(
        wallet_id=account.get("01", ""),
        name=objects["59"],
        city=objects["60"],
        category=objects["52"],
        amount=_amount_of(objects["54"]) if "54" in objects else None,
        order_id=UUID(order) if order is not None else None,
        local_name=local.get("01", ""),
        reference=labels.get("05", ""),
        terminal=labels.get("07", ""),
    )
    encode(code)  # every value once more by the rules of writing
    return code


def read_objects(text: str) -> dict[str, str]:
    """The objects of any EMVCo payload, by id, without knowing what they mean.

    Raises:
        QrError: not a payload, or its CRC is wrong.
    """
    _require(len(text) <= TEXT_MAX, "too long")
    _require(not _UNREADABLE.search(text), "characters that no payload has")
    _require(text.startswith("000201"), "it does not begin as a payload does")
    _require(text[-8:-4] == "6304", "it does not end with a CRC")
    _require(text[-4:] == crc(text[:-4]), "the CRC is wrong")
    return _split(text)


def crc(text: str) -> str:
    """CRC-16/CCITT with 0xFFFF, in four capital hex digits, over the text in UTF-8."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def _account_of(objects: Mapping[str, str]) -> dict[str, str]:
    """The template of our scheme; those of other schemes may stand beside it."""
    ours = [objects[id_] for id_ in _ACCOUNTS if objects.get(id_, "").startswith(f"0032{SCHEME}")]
    _require(len(ours) == 1, "no e-CNY wallet in it, or more than one")
    return _split(ours[0])


def _split(text: str) -> dict[str, str]:
    objects: dict[str, str] = {}
    position = 0
    while position < len(text):
        head = text[position : position + 4]
        _require(len(head) == 4 and head.isascii() and head.isdigit(), "an object without a head")
        length = int(head[2:])
        value = text[position + 4 : position + 4 + length]
        _require(0 < length == len(value), "an object of another length than it says")
        _require(head[:2] not in objects, f"object {head[:2]} twice")
        objects[head[:2]] = value
        position += 4 + length
    return objects


def _join(objects: Iterable[tuple[str, str]]) -> str:
    parts = []
    for id_, value in objects:
        _require(0 < len(value) <= 99, f"object {id_} has no room for its value")
        parts.append(f"{id_}{len(value):02d}{value}")
    return "".join(parts)


def _amount_text(amount: int) -> str:
    _require(is_amount(amount), f"an amount is 1 to {AMOUNT_MAX} fen")
    text = f"{amount // 100}.{amount % 100:02d}"
    _require(len(text) <= AMOUNT_TEXT_MAX, "the amount is too large for a QR code")
    return text


def _amount_of(text: str) -> int:
    match = _AMOUNT.fullmatch(text)
    _require(match is not None and len(text) <= AMOUNT_TEXT_MAX, "the amount is not valid")
    assert match is not None  # noqa: S101 - for the type checker
    amount = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    _require(is_amount(amount), "the amount is not valid")
    return amount


def _require_text(text: str, longest: int, name: str) -> None:
    _require(
        len(text) <= longest and _PRINTABLE.fullmatch(text) is not None,
        f"the {name} is not 1 to {longest} printable characters",
    )


def _require(holds: bool, says: str) -> None:
    if not holds:
        raise QrError(says)
