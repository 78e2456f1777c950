"""Wallet categories and their limits in fen (DESIGN section 7); None is no limit."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class CategoryLimits:
    """Ceilings of a category: what it holds, and what it pays at once, a day and a year."""

    balance: int | None
    per_payment: int | None
    daily: int | None
    annual: int | None

    def as_json(self) -> dict[str, int | None]:
        return asdict(self)


LIMITS = {
    1: CategoryLimits(None, None, None, None),
    2: CategoryLimits(500_000_00, 50_000_00, 100_000_00, None),
    3: CategoryLimits(20_000_00, 5_000_00, 10_000_00, None),
    4: CategoryLimits(10_000_00, 2_000_00, 5_000_00, 50_000_00),
}
