"""A line through points: how a scenario's users come and go."""

from collections.abc import Sequence

Points = Sequence[tuple[float, float]]  # shares of the run's time, and of its users


def share_at(points: Points, moment: float) -> float:
    """The share of users at that share of the time. Two points of one moment are a jump."""
    before = points[0]
    for after in points:
        if moment < after[0]:
            span = after[0] - before[0]
            return before[1] + (after[1] - before[1]) * (moment - before[0]) / span
        before = after
    return before[1]
