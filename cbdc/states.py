"""State machines as data: one table says what each event does in each state, for code and docs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

UNKNOWN = "unknown"  # the state of what was never heard of: there is no row


@dataclass(frozen=True, slots=True)
class Transition:
    """In `state`, `event` leads to `target`; `effect` says what is done, in words."""

    state: str
    event: str
    target: str
    effect: str


class StateMachine:
    """A complete table: every event has its row for every state, so nothing is left to chance.

    Raises:
        ValueError: a pair of state and event is missing, stands twice, or leads nowhere known.
    """

    def __init__(
        self, states: Sequence[str], rules: Mapping[str, Mapping[str, tuple[str, str]]]
    ) -> None:
        """`rules[event][state]` is the target and the effect."""
        self.states = tuple(states)
        self.events = tuple(rules)
        self._table: dict[tuple[str, str], Transition] = {}
        for event, row in rules.items():
            if row.keys() != set(states):
                raise ValueError(f"{event} must have a row for each of {', '.join(states)}")
            for state, (target, effect) in row.items():
                if target not in states:
                    raise ValueError(f"{event} in {state} leads to {target}")
                self._table[state, event] = Transition(state, event, target, effect)

    def after(self, state: str, event: str) -> Transition:
        """What the event does in that state.

        Raises:
            KeyError: a state or an event that the machine does not have.
        """
        return self._table[state, event]

    def leading_to(self, event: str, target: str) -> list[str]:
        """The states that the event changes to `target`: for a compare-and-swap on rows."""
        return [
            row.state
            for row in self.transitions()
            if row.event == event and row.target == target != row.state and row.state != UNKNOWN
        ]

    def transitions(self) -> list[Transition]:
        """All of them, by state, then by event."""
        return [self._table[state, event] for state in self.states for event in self.events]

    def markdown(self) -> str:
        """The table as docs/flows/payment.md shows it."""
        lines = ["| state | event | next state | what is done |", "|---|---|---|---|"]
        for row in self.transitions():
            target = row.target if row.target != row.state else f"{row.target} (stays)"
            lines.append(f"| {row.state} | {row.event} | {target} | {row.effect} |")
        return "\n".join(lines) + "\n"
