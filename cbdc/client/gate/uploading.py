"""Bringing taps to the bank, in batches, until it has each of them.

A batch that fails is halved, one that arrives lets the next be twice as large. So one tap over
which the bank stumbles is found in a few requests and the others pass it, and a thin line that
cannot carry 4 MiB carries less. Only the bank's own word about a tap puts it aside for good.
"""

from collections.abc import Callable, Sequence
from http import HTTPStatus

from cbdc.client.gate import taps
from cbdc.client.gate.chores import Trouble
from cbdc.client.gate.store import Store
from cbdc.client.gate.taps import Kept
from cbdc.client.operator_client import TAPS_BODY_BYTES_MAX, TAPS_MAX, OperatorClient
from cbdc.client.transit_models import TapsTaken
from cbdc.client.transport import ApiProblem, backoff_s
from cbdc.clock import now, rfc3339
from cbdc.errors import ErrorCode

UPLOADED_AT = "uploaded_at"  # note: when the bank last took a batch
BYTES_MAX = TAPS_BODY_BYTES_MAX - 1024  # what is around the taps is much less
REFUSALS_PAUSE_MAX_S = 5.0  # many bad taps in a row make 12 requests a minute, not thousands
PROBLEM_JSON = "application/problem+json"  # what the bank refuses with; a proxy's page is HTML
S = HTTPStatus
E = ErrorCode
ABOUT_THE_TAPS = frozenset({E.MALFORMED_REQUEST, E.PAYLOAD_TOO_LARGE, E.VALIDATION_FAILED})
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
        self._refusals = 0  # lately: one more with each, one less with each batch that arrives

    def upload(self) -> float | None:
        """Send one batch; in how many seconds to send the next, None if nothing is left.

        Raises:
            ApiProblem, Unreachable, WrongAnswer: try again later; every tap is still pending.
        """
        batch = taps.next_batch(self._store, taps_max=self._taps_max, bytes_max=BYTES_MAX)
        if not batch:
            return None
        operator = self._operator()  # that there is no key is no fault of the taps
        try:
            taken = operator.upload_taps([kept.tap for kept in batch])
            _account_for(batch, taken)
        except Exception as error:
            if isinstance(error, ApiProblem):
                if error.status in OF_THE_CALLER:
                    raise
                if _is_about_the_taps(error) or _is_too_much(error, batch):
                    return self._refused(batch, error)
            self._halve(batch)
            if len(batch) == 1:  # perhaps the bank stumbles over this one: let others pass it
                taps.put_behind(self._store, batch[0])
            raise
        taps.settle(self._store, batch, taken.rejected, now())
        self._store.put_note(UPLOADED_AT, rfc3339(now()))
        self._taps_max = min(2 * self._taps_max, TAPS_MAX)
        self._refusals = max(self._refusals - 1, 0)
        return 0.0

    def _refused(self, batch: Sequence[Kept], problem: ApiProblem) -> float:
        """Find which one it is, or put it aside; how long to wait before the next batch."""
        self._halve(batch)
        if len(batch) == 1:
            self._park(batch[0], problem)
        self._refusals += 1
        return backoff_s(self._refusals, longest_s=REFUSALS_PAUSE_MAX_S)

    def _halve(self, batch: Sequence[Kept]) -> None:
        self._taps_max = max(len(batch) // 2, 1)

    def _park(self, kept: Kept, problem: ApiProblem) -> None:
        reasons = [problem.detail, *(f"{e.field}: {e.code} {e.detail}" for e in problem.errors)]
        detail = f"{problem.status}: {'; '.join(reasons)}"
        taps.park(self._store, kept, code=problem.code, detail=detail, now=now())


def _is_about_the_taps(problem: ApiProblem) -> bool:
    """True for the bank's own problem document about what was sent. A proxy or a captive portal
    answers 400 too, and knows nothing of taps."""
    kind = problem.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    known = {(one.status, one.code) for one in ABOUT_THE_TAPS}
    return kind == PROBLEM_JSON and (problem.status, problem.code) in known


def _is_too_much(problem: ApiProblem, batch: Sequence[Kept]) -> bool:
    """True for anyone's word that less would pass."""
    return problem.status == S.REQUEST_ENTITY_TOO_LARGE and len(batch) > 1


def _account_for(batch: Sequence[Kept], taken: TapsTaken) -> None:
    """Every tap must be accepted, known or rejected; else the answer is about something else.

    Raises:
        WrongAnswer: it does not add up, or is not of the contract's types.
    """
    counts = taken.accepted, taken.duplicates
    if any(type(count) is not int or count < 0 for count in counts):
        raise WrongAnswer("the bank's answer has no counts")
    for one in taken.rejected:
        if not all(isinstance(text, str) for text in (one.tap_id, one.code, one.detail)):
            raise WrongAnswer("the bank rejected a tap without a reason")
    rejected = {one.tap_id for one in taken.rejected}
    if not rejected <= {kept.tap.tap_id for kept in batch}:
        raise WrongAnswer("the bank rejected a tap that was not sent")
    if sum(counts) + len(rejected) != len(batch):
        raise WrongAnswer("the bank's answer does not account for every tap")
