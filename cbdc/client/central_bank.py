"""What the central bank shows to everyone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cbdc.client.models import Cycle, Supply
from cbdc.client.transport import Transport, pages, segment


@dataclass(frozen=True, slots=True)
class InstitutionCard:
    """A line of the directory; `keys` are JSON Web Keys."""

    code: str
    number: str
    name: str
    status: str
    base_url: str
    keys: tuple[dict[str, str], ...]


class CentralBankClient:
    """Every method raises `ApiProblem` or `Unreachable`."""

    def __init__(self, base_url: str, *, transport: Transport | None = None) -> None:
        self._transport = transport or Transport(base_url)

    def supply(self) -> Supply:
        """What is issued, redeemed, and held by whom, at one moment."""
        return Supply.from_wire(self._transport.request("GET", "/api/v1/supply").body)

    def institutions(self) -> list[InstitutionCard]:
        """The directory."""
        data: list[dict[str, Any]] = self._transport.request("GET", "/api/v1/institutions").body[
            "data"
        ]
        return [
            InstitutionCard(
                code=row["code"],
                number=row["number"],
                name=row["name"],
                status=row["status"],
                base_url=row["base_url"],
                keys=tuple(row["keys"]),
            )
            for row in data
        ]

    def settlement_cycles(self) -> Iterator[Cycle]:
        """The cycles, page after page, as the central bank orders them."""
        path = "/api/v1/settlement-cycles"
        for row in pages(lambda asked: self._transport.request("GET", path, query=asked)):
            yield Cycle.from_wire(row)

    def settlement_cycle(self, cycle_id: str) -> Cycle:
        path = f"/api/v1/settlement-cycles/{segment(cycle_id)}"
        return Cycle.from_wire(self._transport.request("GET", path).body)
