"""The tables of transit: of the rider's bank, and of the operator's."""

from wallets.transit.models.operators import (
    Charge,
    Correction,
    DenyEntry,
    DenyListVersion,
    FareRefund,
    FareVersion,
    Operator,
    RatedJourney,
    RefusedTap,
    RiderWeek,
    Tap,
)
from wallets.transit.models.riders import AskedFare, Credential, RiderClass, ToldJourney, ToldWeek

__all__ = [
    "AskedFare",
    "Charge",
    "Correction",
    "Credential",
    "DenyEntry",
    "DenyListVersion",
    "FareRefund",
    "FareVersion",
    "Operator",
    "RatedJourney",
    "RefusedTap",
    "RiderClass",
    "RiderWeek",
    "Tap",
    "ToldJourney",
    "ToldWeek",
]
