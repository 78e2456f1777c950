"""A transit operator's side of the contract: taps, the deny list, fares, journeys, statements."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from cbdc.client.key_calls import KeyCalls
from cbdc.client.transit_models import (
    DenyListChanges,
    FareVersion,
    Journey,
    TapsTaken,
    UploadedTap,
)
from cbdc.client.transport import CSV, ApiProblem, segment

TAPS_MAX = 10_000  # of one call
TAPS_BODY_BYTES_MAX = 4 * 1024 * 1024


class OperatorClient(KeyCalls):
    """One secret key, with the scope `transit`, of an operator at its bank.

    Every method raises `ApiProblem` when the bank refuses and `Unreachable` when it does not
    answer.
    """

    PREFIX = "/api/v1/transit"

    def upload_taps(self, taps: Sequence[UploadedTap]) -> TapsTaken:
        """Upload up to `TAPS_MAX` taps, in any order, as late as need be. Each has its own id,
        so the same ones may be sent again, in other batches too."""
        answer = self._send("POST", "/taps", body={"taps": [tap.to_wire() for tap in taps]})
        if answer.status != 200:
            # Whoever answers that way (a proxy, "202 Accepted") has not kept them.
            raise ApiProblem(answer.status, "unexpected_answer", "not the answer to taps")
        return TapsTaken.from_wire(answer.body)

    def deny_list(self, since: int = 0) -> DenyListChanges:
        """What changed since that version; the whole list for 0. A version that is lower than
        `since` means that the bank's list began anew: ask again from 0."""
        return DenyListChanges.from_wire(self._get("/deny-list", {"since": str(since)}).body)

    def put_fares(self, version: str, table: Mapping[str, Any]) -> FareVersion:
        """Put a fare table (docs/flows/fares.md) under a name that no table in force has."""
        answer = self._send("PUT", f"/fares/{segment(version)}", body=table)
        return FareVersion.from_wire(answer.body)

    def fares(self) -> Iterator[FareVersion]:
        """The fare tables, newest first."""
        return map(FareVersion.from_wire, self._pages("/fares"))

    def journeys(self, day: date) -> Iterator[Journey]:
        """The journeys of a transit day, with their taps and how they are paid."""
        return map(Journey.from_wire, self._pages("/journeys", {"day": day.isoformat()}))

    def statement(self, day: date) -> str:
        """A transit day as CSV, from taps to money."""
        return self._get(f"/statements/{day.isoformat()}", accept=CSV).text
