"""A metro's gates: people tap in and out, and the gates' controller uploads what they saw."""

import random
from datetime import timedelta

from locust import task
from locust.env import Environment

from cbdc.client.operator_client import OperatorClient
from cbdc.client.transit_models import UploadedTap
from cbdc.clock import now
from cbdc.identifiers import new_id
from loadtests.targets import Target
from loadtests.users.base import BankUser, Run

RIDERS = 20  # whom a gate has seen at first; it sees one more each turn
RIDERS_MAX = 500
RIDES = 10  # of one upload; each is an entry and an exit


class MetroGate(BankUser):
    """Riders of any bank; their phones fetch a credential, as they do once a week."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.gate_id = f"G{random.randrange(1000)}"
        self.credentials: list[str] = []
        self.stations: list[str] = []

    def choose(self) -> Target:
        """The bank that has the metro."""
        with_metro = [target for target in Run.targets.all if target.metro]
        return with_metro[0] if with_metro else Run.targets.any()

    def on_start(self) -> None:
        metro = self.target.metro
        if metro is None:
            self.give_up("no bank has a metro")
            return
        self.operator = OperatorClient(
            self.target.base_url,
            metro.api_key,
            transport=self.transport(self.target.base_url),
        )
        with self.doing("read the fares"):
            self.stations = [
                str(station["code"])
                for version in self.operator.fares()
                for station in version.table["stations"]
            ]
        for _ in range(RIDERS):
            self.let_in()

    def let_in(self) -> None:
        """One more rider, of this bank or another one."""
        others = [target for target in Run.targets.all if target is not self.target]
        far = others and random.random() < Run.options.cross_bank
        target = random.choice(others) if far else self.target
        _, wallet = self.some_wallet(target)
        with self.doing("log in"):
            wallet.login()
        with self.doing("fetch a transit credential"):
            self.credentials.append(wallet.transit_credential().credential)

    @task
    def upload(self) -> None:
        """Rides that ended just now."""
        if not self.credentials or not self.stations:
            return
        if len(self.credentials) < RIDERS_MAX:
            self.let_in()
        taps = [tap for _ in range(RIDES) for tap in self.ride()]
        with self.doing("upload taps"):
            taken = self.operator.upload_taps(taps)
            rejected = {one.tap_id for one in taken.rejected}
            Run.recorder.acknowledged(
                "taps",
                number=self.target.seeded.number,
                tap_ids=[tap.tap_id for tap in taps if tap.tap_id not in rejected],
            )

    def ride(self) -> list[UploadedTap]:
        """An entry and an exit."""
        credential = random.choice(self.credentials)
        minutes = random.randrange(5, 60)
        moments = {"entry": now() - timedelta(minutes=minutes), "exit": now()}
        return [
            UploadedTap(
                tap_id=str(new_id()),
                credential=credential,
                gate_id=self.gate_id,
                station=random.choice(self.stations),
                direction=direction,
                tapped_at=moment,
            )
            for direction, moment in moments.items()
        ]
