"""What a gate decides about a credential that it was shown."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a gate stays shut. The first four are `cbdc.crypto.transit_credential.Refusal`."""

    MALFORMED = "malformed"
    UNKNOWN_ISSUER = "unknown_issuer"
    FORGED = "forged"
    EXPIRED = "expired"
    DENIED = "denied"
    PASSED_BACK = "passed_back"


@dataclass(frozen=True, slots=True)
class Opened:
    """The gate opens for this tap, which is kept. `again`: it is the tap of a moment ago, read
    twice; a barrier that sees people pass lets one through for each `tap_id`."""

    tap_id: str
    rider_class: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The gate stays shut, and no tap is made."""

    reason: Reason


Decision = Opened | Refused
