"""CPU and memory of each process of the network, and of the generator, while a run goes on."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psutil

EVERY_S = 2.0
GENERATOR = "generator"


@dataclass(slots=True)
class Usage:
    """One process with its children: moments (Unix s), cores in use, bytes of memory.

    Memory is the proportional set size, in which pages that several share are counted once.
    """

    at: list[float] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)


class Sampler(threading.Thread):
    """Looks every EVERY_S seconds, until it is stopped; `pids` names the processes anew."""

    def __init__(self, pids: Callable[[], Mapping[str, int]]) -> None:
        super().__init__(name="sampler", daemon=True)
        self.usage: dict[str, Usage] = {}
        self._pids = pids
        self._ending = threading.Event()
        self._before: dict[str, tuple[float, dict[int, float]]] = {}

    def run(self) -> None:
        while not self._ending.wait(EVERY_S):
            for name, pid in self._pids().items():
                self._look(name, pid)

    def stop(self) -> None:
        """No more of it."""
        self._ending.set()
        self.join()

    def _look(self, name: str, pid: int) -> None:
        now, used, memory = time.time(), {}, 0
        try:
            leader = psutil.Process(pid)
            family = [leader, *leader.children(recursive=True)]
        except psutil.Error:
            return
        for process in family:
            try:
                times = process.cpu_times()
                used[process.pid] = times.user + times.system
                memory += process.memory_full_info().pss
            except psutil.Error:
                continue
        before_at, before = self._before.get(name, (now, used))
        self._before[name] = (now, used)
        if now == before_at:
            return
        spent = sum(seconds - before.get(one, 0.0) for one, seconds in used.items())
        usage = self.usage.setdefault(name, Usage())
        usage.at.append(now)
        usage.cores.append(max(spent, 0.0) / (now - before_at))
        usage.memory.append(memory)
