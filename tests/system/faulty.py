"""The network of real processes with a fault proxy before each institution, and beats to kill."""

import json
import random
import sys
from collections.abc import Mapping
from pathlib import Path

from cbdc.devnet.children import ProcessSpec
from cbdc.devnet.stack import ROOT, Devnet
from tests.system.proxy import FaultProxy, Faults

BEATS = ("central-bank", "harbor")  # beside the one in each worker: two at once do no harm


class FaultyDevnet(Devnet):
    """A devnet whose institutions know one another by the addresses of the proxies.

    With `faults.share` at 0, as it begins, the proxies only pass on. `port` is the first of the
    proxies' ports, one for each institution. `own` adds to the environment of some, by their codes.
    """

    def __init__(
        self,
        state_dir: Path,
        base_port: int,
        port: int,
        environment: Mapping[str, str],
        own: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__(state_dir, base_port, environment=environment)
        self._own = own or {}
        self.faults = Faults(random.Random(0))
        self.proxies = {
            member.code: FaultProxy(port + number, member.port, self.faults)
            for number, member in enumerate(self.network.members)
        }

    def start(self) -> None:
        for proxy in self.proxies.values():
            proxy.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        for proxy in self.proxies.values():
            proxy.stop()

    def start_beats(self) -> None:
        """Run a second beat at some institutions, in processes of their own."""
        for code in BEATS:
            schedule = self.network.state_dir / code / "second-beat-schedule"
            command = [sys.executable, "-m", "celery", "-A", "cbdc.celery_app", "beat"]
            command += ["-s", str(schedule), "--pidfile", "", "--loglevel", "WARNING"]
            self.runner.start(ProcessSpec(f"{code}-beat", command, self._env(code), cwd=ROOT))

    def stop_beats(self) -> None:
        self.runner.stop(*(f"{code}-beat" for code in BEATS))

    def _env(self, code: str, *, owner: bool = False) -> dict[str, str]:
        environment = {**super()._env(code, owner=owner), **self._own.get(code, {})}
        environment["PUBLIC_BASE_URL"] = self.proxies[code].base_url
        environment["CENTRAL_BANK_URL"] = self.proxies[self.network.central_bank.code].base_url
        if "DEVNET_BANKS" in environment:
            cards = json.loads(environment["DEVNET_BANKS"])
            environment["DEVNET_BANKS"] = json.dumps(
                [{**card, "base_url": self.proxies[card["code"]].base_url} for card in cards]
            )
        return environment
