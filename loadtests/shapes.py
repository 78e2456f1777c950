"""How many users there are, from the beginning of a run to its end.

A `Profile` is a line through points: shares of the run's time, and shares of its users. So the
same lunch fits into a minute and into two hours.
"""

import time
from typing import Any, ClassVar

from locust import LoadTestShape

from loadtests.points import Points, share_at

SPAWN_MIN = 5.0  # users a second, so that a small run begins at once
Tick = tuple[int, float] | None


class Profile(LoadTestShape):
    """Follows `points`; USERS and DURATION (`--users`, `--run-time`) scale it."""

    abstract = True
    use_common_options = True
    points: ClassVar[Points] = ((0.0, 1.0), (1.0, 1.0))
    rises_in_s: ClassVar[float] = 10.0  # from one number of users to another, when it jumps

    def tick(self) -> Tick:
        """The users there should be now; None when the run is over."""
        elapsed, whole = _elapsed_s(self), self.duration_s()
        if elapsed >= whole:
            return None
        users = max(round(self.users() * share_at(self.points, elapsed / whole)), 1)
        return users, max(users / self.rises_in_s, SPAWN_MIN)

    def users(self) -> int:
        """As many as were asked for."""
        return int(_options(self)["num_users"] or 1)

    def duration_s(self) -> float:
        """As long as was asked for."""
        return float(_options(self)["run_time"] or 60)


def _elapsed_s(shape: LoadTestShape) -> float:
    return time.perf_counter() - shape.start_time


def _options(shape: LoadTestShape) -> dict[str, Any]:
    assert shape.runner is not None  # noqa: S101 - Locust sets it before the first tick
    return vars(shape.runner.environment.parsed_options)


class Ramp(LoadTestShape):
    """More users step by step, until the platform fails; it says what the last good step was.

    It fails when of a step's requests more than `errors_max` were errors, or when the slowest
    hundredth took longer than `p99_max_ms`. Locust's log has a
    line for each step.
    """

    abstract = True
    use_common_options = True
    steps: ClassVar[int] = 10
    errors_max: ClassVar[float] = 0.01
    p99_max_ms: ClassVar[float] = 1_000.0

    _step = 0
    _before = (0, 0)

    def tick(self) -> Tick:
        """The users of this step; None when it failed, or all steps are over."""
        options = _options(self)
        length_s = float(options["run_time"] or 60) / self.steps
        step = int(_elapsed_s(self) / length_s)
        if step > self._step:
            if self._failed(length_s):
                return None
            self._step = step
        if step >= self.steps:
            return None
        users = max(round(int(options["num_users"] or 1) * (step + 1) / self.steps), 1)
        return users, max(users / 2, SPAWN_MIN)

    def _failed(self, length_s: float) -> bool:
        assert self.runner is not None  # noqa: S101
        total = self.runner.stats.total
        requests = total.num_requests - self._before[0]
        errors = total.num_failures - self._before[1]
        self._before = (total.num_requests, total.num_failures)
        p99 = total.get_current_response_time_percentile(0.99) or 0.0
        failed = errors > self.errors_max * max(requests, 1) or p99 > self.p99_max_ms
        print(
            f"step {self._step + 1}: {requests / length_s:.0f} requests/s, {errors} errors,"
            f" p99 {p99:.0f} ms: {'failed' if failed else 'held'}",
            flush=True,
        )
        return failed
