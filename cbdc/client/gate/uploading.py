"""Bringing taps to the bank, in batches, until it has each of them.

A batch that fails is halved, one that arrives lets the next be twice as large. So one tap that
the bank will not read is found in a few requests and put aside with its reason, and a thin line
that cannot carry 4 MiB carries less.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from cbdc.client.gate import taps
from cbdc.client.gate.chores import Trouble
from cbdc.client.gate.store import Store
from cbdc.client.gate.taps import Kept
from cbdc.client.operator_client import TAPS_BODY_BYTES_MAX, TAPS_MAX, OperatorClient
from cbdc.client.transit_models import TapsTaken
from cbdc.client.transport import ApiProblem
from cbdc.clock import now, rfc3339

UPLOADED_AT = "uploaded_at"  # note: when the bank last took a batch
BYTES_MAX = TAPS_BODY_BYTES_MAX - 1024  # what is around the taps is much less
S = HTTPStatus
# Refusals that are about who asks, where and how often: no other batch would fare better.
OF_THE_CALLER = frozenset(
    {
        *(S.UNAUTHORIZED, S.PAYMENT_REQUIRED, S.FORBIDDEN, S.NOT_FOUND, S.METHOD_NOT_ALLOWED),
        *(S.NOT_ACCEPTABLE, S.PROXY_AUTHENTICATION_REQUIRED, S.GONE, S.UNSUPPORTED_MEDIA_TYPE),
        *(S.MISDIRECTED_REQUEST, S.TOO_EARLY, S.UPGRADE_REQUIRED, S.TOO_MANY_REQUESTS),
        S.UNAVAILABLE_FOR_LEGAL_REASONS,
    }
)


class WrongAnswer(Trouble):
    """A 200 that does not account for the taps that were sent."""


class Uploader:
    """Sends what is pending. `operator` gives the client of the key that holds now."""

    def __init__(self, store: Store, operator: Callable[[], OperatorClient]) -> None:
        self._store = store
        self._operator = operator
        self._taps_max = TAPS_MAX

    def upload(self) -> bool:
        """Send one batch; True if there may be more to send at once.

        Raises:
            ApiProblem, Unreachable, WrongAnswer: try again later; every tap is still pending.
        """
        batch = taps.next_batch(self._store, taps_max=self._taps_max, bytes_max=BYTES_MAX)
        if not batch:
            return False
        try:
            taken = self._operator().upload_taps([kept.tap for kept in batch])
            _account_for(batch, taken)
        except ApiProblem as problem:
            if problem.status in OF_THE_CALLER:
                raise
            self._halve(batch)
            if _is_about_the_taps(problem):
                if len(batch) == 1:
                    self._park(batch[0], problem)
                return True
            if len(batch) == 1:  # perhaps the bank stumbles over this one: let others pass it
                taps.put_behind(self._store, batch[0])
            raise
        except Exception:
            self._halve(batch)
            raise
        taps.settle(self._store, batch, taken.rejected, now())
        self._store.put_note(UPLOADED_AT, rfc3339(now()))
        self._taps_max = min(2 * self._taps_max, TAPS_MAX)
        return True

    def _halve(self, batch: Sequence[Kept]) -> None:
        self._taps_max = max(len(batch) // 2, 1)

    def _park(self, kept: Kept, problem: ApiProblem) -> None:
        reasons = [problem.detail, *(f"{e.field}: {e.code} {e.detail}" for e in problem.errors)]
        detail = f"{problem.status}: {'; '.join(reasons)}"
        taps.park(self._store, kept, code=problem.code, detail=detail, now=now())


def _is_about_the_taps(problem: ApiProblem) -> bool:
    return 400 <= problem.status < 500 and problem.status != S.REQUEST_TIMEOUT


def _account_for(batch: Sequence[Kept], taken: TapsTaken) -> None:
    """Every tap must be accepted, known or rejected; else the answer is about something else.

    Raises:
        WrongAnswer: it does not add up.
    """
    rejected = {one.tap_id for one in taken.rejected}
    if not rejected <= {kept.tap.tap_id for kept in batch}:
        raise WrongAnswer("the bank rejected a tap that was not sent")
    if taken.accepted + taken.duplicates + len(taken.rejected) != len(batch):
        raise WrongAnswer("the bank's answer does not account for every tap")
