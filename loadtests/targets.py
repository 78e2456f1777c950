"""The banks that are loaded: where each is, and who its holders and merchants are."""

import random
from dataclasses import dataclass
from pathlib import Path

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.load_file import LoadFile, LoadMerchant


class NoTargetError(Exception):
    """There is nobody to play; says what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """A bank at `base_url`, and what was seeded there."""

    base_url: str
    seeded: LoadFile

    @property
    def code(self) -> str:
        return self.seeded.institution

    @property
    def shops(self) -> list[LoadMerchant]:
        """Merchants that sell, the one of flash sales first."""
        return [merchant for merchant in self.seeded.merchants if not merchant.transit]

    @property
    def metro(self) -> LoadMerchant | None:
        """The transit operator, at a bank that has one."""
        metros = [merchant for merchant in self.seeded.merchants if merchant.transit]
        return metros[0] if metros else None


class Targets:
    """All banks that have a file of keys, as the central bank's directory names them."""

    def __init__(self, targets: list[Target]) -> None:
        self.all = targets

    @classmethod
    def find(cls, central_bank: str, keys: Path) -> "Targets":
        """Ask the central bank for the banks, and read their files.

        Raises:
            NoTargetError: no bank has a file with wallets.
            ApiProblem, Unreachable: the central bank does not tell.
        """
        targets = []
        for card in CentralBankClient(central_bank).institutions():
            file = keys / f"{card.code}.json"
            if file.exists():
                targets.append(Target(card.base_url, LoadFile.load(file)))
        targets = [target for target in targets if target.seeded.wallets >= 2]
        if not targets:
            raise NoTargetError(
                f"no bank of {central_bank} has wallets in {keys}:"
                " run `python manage.py seed_load --wallets N` at each bank first"
            )
        return cls(targets)

    def any(self) -> Target:
        """A bank, each as often as it has wallets."""
        weights = [target.seeded.wallets for target in self.all]
        return random.choices(self.all, weights)[0]

    def payee(self, payer: Target, own: int, cross_bank: float) -> str:
        """A wallet to pay: of another bank with that probability, and never the payer's own."""
        others = [target for target in self.all if target is not payer]
        if others and random.random() < cross_bank:
            other = random.choice(others)
            return other.seeded.wallet_id(random.randrange(other.seeded.wallets))
        index = random.randrange(payer.seeded.wallets - 1)
        return payer.seeded.wallet_id(index + (index >= own))

    def shop(self, payer: Target, cross_bank: float) -> tuple[Target, LoadMerchant]:
        """A shop to buy at, in the same way; not that of the flash sale."""
        others = [target for target in self.all if target is not payer and len(target.shops) > 1]
        at = payer
        if others and (random.random() < cross_bank or len(payer.shops) < 2):
            at = random.choice(others)
        return at, random.choice(at.shops[1:] or at.shops)
