"""Requests that two different people must want: a maker and a checker."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import UnionType
from typing import Any, get_args
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from cbdc.approvals.models import ApprovalRequest, RequestState
from cbdc.audit import services as audit
from cbdc.clock import now
from cbdc.crypto.canonical import canonical_json
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import new_id
from cbdc.institution import Role, this_institution

LIFETIME = timedelta(days=7)
MAY_PROPOSE = "approvals.add_approvalrequest"
MAY_APPROVE = "approvals.change_approvalrequest"
OPEN_STATES = (RequestState.ASKED, RequestState.PROPOSED)


@dataclass(frozen=True, slots=True)
class Kind:
    """What happens, in the transaction of the decision, to a request of one kind.

    `may_propose` and `may_approve` are the permissions of its maker and its checker.
    """

    fields: Mapping[str, type | UnionType]
    carry_out: Callable[[ApprovalRequest], None]
    turn_down: Callable[[ApprovalRequest], None]
    check: Callable[[dict[str, Any]], None]
    may_propose: str
    may_approve: str
    by_hand: Role | None


_kinds: dict[str, Kind] = {}


def register(
    name: str,
    *,
    fields: Mapping[str, type | UnionType],
    carry_out: Callable[[ApprovalRequest], None],
    turn_down: Callable[[ApprovalRequest], None] = lambda request: None,
    check: Callable[[dict[str, Any]], None] = lambda payload: None,
    may_propose: str = MAY_PROPOSE,
    may_approve: str = MAY_APPROVE,
    by_hand: Role | None = None,
) -> None:
    """Say what a request of that kind carries, and does when it is approved, or is not.

    `check` sees the payload of a person's proposal first, and raises what is wrong with it.
    `by_hand`: at institutions of that role the queue's own form offers it.
    """
    _kinds[name] = Kind(fields, carry_out, turn_down, check, may_propose, may_approve, by_hand)


def kinds() -> dict[str, dict[str, str]]:
    """What can be typed in here: the fields of each kind's payload, with their types' names."""
    role = this_institution().role
    return {
        name: {field: getattr(cls, "__name__", str(cls)) for field, cls in kind.fields.items()}
        for name, kind in sorted(_kinds.items())
        if kind.by_hand == role
    }


def payload_hash(payload: dict[str, Any]) -> str:
    """SHA-256 of the canonical payload, in hex: what maker and checker both agree to."""
    return hashlib.sha256(canonical_json(payload)).hexdigest()


def ask(
    *, kind: str, subject: str, payload: dict[str, Any], by: str, request_id: UUID | None = None
) -> ApprovalRequest:
    """Enter a request that nobody here has taken up yet, for a bank `by`."""
    return _enter(kind, subject, payload, by=by, maker=None, request_id=request_id)


def propose(
    *, kind: str, subject: str, payload: dict[str, Any], maker: User, reason: str = ""
) -> ApprovalRequest:
    """Enter a request of a person of this institution, for another one to check.

    Raises:
        Problem: validation_failed, for an unknown kind or another kind's payload;
            permission_denied, for who may not propose that.
    """
    return _enter(kind, subject, payload, by=maker.username, maker=maker, reason=reason)


@transaction.atomic
def _enter(
    kind: str,
    subject: str,
    payload: dict[str, Any],
    *,
    by: str,
    maker: User | None,
    request_id: UUID | None = None,
    reason: str = "",
) -> ApprovalRequest:
    if kind not in _kinds or not _fits(payload, _kinds[kind].fields):
        raise Problem(ErrorCode.VALIDATION_FAILED, f"This is not the payload of {kind}.")
    if maker is not None:
        _require(maker.has_perm(_kinds[kind].may_propose), f"{maker} may not propose {kind}.")
        _kinds[kind].check(payload)
    request = ApprovalRequest.objects.create(
        id=request_id or new_id(),
        kind=kind,
        subject=subject,
        payload=payload,
        payload_hash=payload_hash(payload),
        asked_by=by,
        reason=reason,
        maker=maker,
        state=RequestState.PROPOSED if maker else RequestState.ASKED,
        expires_at=now() + LIFETIME,
    )
    _record(by, "request" if maker else "ask", request)
    return request


def _fits(payload: dict[str, Any], fields: Mapping[str, type | UnionType]) -> bool:
    """Exactly these fields, of exactly these types: True is no int here."""
    return payload.keys() == fields.keys() and all(
        type(payload[name]) in (get_args(cls) or (cls,)) for name, cls in fields.items()
    )


def take_up(*, request_id: UUID, maker: User) -> None:
    """Become the maker of a request that a bank asked for.

    Raises:
        Problem: not_found; permission_denied, with the reason, which is logged.
    """
    with _refusals_logged("take_up", request_id, maker), transaction.atomic():
        request = _locked(request_id)
        _require(request.state == RequestState.ASKED, "The request has a maker already.")
        _require_unchanged(request)
        _require_right(maker, _kinds[request.kind].may_propose)
        request.maker, request.state = maker, RequestState.PROPOSED
        request.save(update_fields=["maker", "state"])
        _record(maker.username, "take_up", request)


def approve(*, request_id: UUID, checker: User, reason: str = "") -> None:
    """Carry a request out as its checker, in one transaction; `reason` is the checker's.

    Raises:
        Problem: not_found; permission_denied, with the reason, which is logged; or what
            carrying it out is refused with (the request then stays as it is).
    """
    with _refusals_logged("approve", request_id, checker), transaction.atomic():
        request = _locked(request_id)
        _require(request.state == RequestState.PROPOSED, f"The request is {request.state}.")
        _require(request.maker_id != checker.pk, "The maker of a request cannot approve it.")
        _require_right(checker, _kinds[request.kind].may_approve)
        _require_unchanged(request)
        _decide(request, RequestState.APPROVED, checker, reason)
        _kinds[request.kind].carry_out(request)
        _record(checker.username, "approve", request)


def refuse(*, request_id: UUID, by: User, reason: str = "") -> None:
    """End a request without carrying it out; its maker sees the `reason`.

    Raises:
        Problem: not_found; permission_denied, when it is decided.
    """
    with _refusals_logged("refuse", request_id, by), transaction.atomic():
        request = _locked(request_id)
        _require(request.state in OPEN_STATES, f"The request is {request.state}.")
        kind = _kinds[request.kind]
        if request.maker_id != by.pk:  # who made it may take it back
            _require_right(by, kind.may_approve, kind.may_propose)
        checker = by if by.pk != request.maker_id else None
        _decide(request, RequestState.REFUSED, checker, reason)
        _kinds[request.kind].turn_down(request)
        _record(by.username, "refuse", request)


def expire_requests() -> int:
    """End the requests whose time is over; returns how many."""
    overdue = ApprovalRequest.objects.filter(state__in=OPEN_STATES, expires_at__lte=now())
    return sum(_expire(request_id) for request_id in overdue.values_list("id", flat=True)[:1000])


@transaction.atomic
def _expire(request_id: UUID) -> bool:
    request = ApprovalRequest.objects.select_for_update().get(id=request_id)
    if request.state not in OPEN_STATES:
        return False
    _decide(request, RequestState.EXPIRED, None)
    _kinds[request.kind].turn_down(request)
    _record("system", "expire", request)
    return True


def _locked(request_id: UUID) -> ApprovalRequest:
    request = ApprovalRequest.objects.select_for_update().filter(id=request_id).first()
    if request is None:
        raise Problem(ErrorCode.NOT_FOUND)
    if request.state in OPEN_STATES:
        _require(request.expires_at > now(), "The request has expired.")
    return request


def _decide(
    request: ApprovalRequest, state: RequestState, checker: User | None, reason: str = ""
) -> None:
    request.state, request.checker, request.decided_at = state, checker, now()
    request.decision_reason = reason
    request.save(update_fields=["state", "checker", "decided_at", "decision_reason"])


def _require_unchanged(request: ApprovalRequest) -> None:
    unchanged = payload_hash(request.payload) == request.payload_hash
    _require(unchanged, "The payload is not the one that was asked for.")


def _require_right(person: User, *permissions: str) -> None:
    may = any(person.has_perm(permission) for permission in permissions)
    _require(may, "This person may not decide that.")


def _require(holds: bool, detail: str) -> None:
    if not holds:
        raise Problem(ErrorCode.PERMISSION_DENIED, detail)


@contextmanager
def _refusals_logged(action: str, request_id: UUID, actor: User) -> Iterator[None]:
    """A refused decision leaves the request as it was, and its trace in the audit log."""
    try:
        yield
    except Problem as problem:
        audit.record(
            actor=actor.username,
            action=f"{action}_refused",
            subject=str(request_id),
            detail={"code": problem.error.code, "detail": problem.detail},
        )
        raise


def _record(actor: str, action: str, request: ApprovalRequest) -> None:
    audit.record(
        actor=actor,
        action=f"{action}_{request.kind}",
        subject=request.subject,
        detail={
            "request_id": str(request.id),
            "payload": request.payload,
            **({"reason": request.reason} if request.reason else {}),
            **({"decision_reason": request.decision_reason} if request.decision_reason else {}),
        },
    )
