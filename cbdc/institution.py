"""Which institution this process serves. Read at call time: tests switch it."""

from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings

CENTRAL_BANK_CODE = "central-bank"


class Role(StrEnum):
    CENTRAL_BANK = "central_bank"
    COMMERCIAL_BANK = "commercial_bank"


@dataclass(frozen=True, slots=True)
class Institution:
    """`code` names it on the wire (`harbor`), `number` its four digits (`0011`)."""

    code: str
    number: str
    name: str
    role: Role


def role_of(code: str) -> Role:
    """The central bank has one code; every other code is a commercial bank."""
    return Role.CENTRAL_BANK if code == CENTRAL_BANK_CODE else Role.COMMERCIAL_BANK


def this_institution() -> Institution:
    """The institution of this process, from the settings INSTITUTION…."""
    return Institution(
        code=settings.INSTITUTION,
        number=settings.INSTITUTION_NUMBER,
        name=settings.INSTITUTION_NAME,
        role=role_of(settings.INSTITUTION),
    )
