"""Issues and redemptions outside the quota, quotas, issuer keys: two people decide."""

from datetime import datetime

from django.contrib.auth.models import User

from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.clock import now, parse_rfc3339, rfc3339
from cbdc.crypto.algorithms import VerifyingKey, key_id_of
from cbdc.errors import ErrorCode, Problem
from cbdc.institution import CENTRAL_BANK_CODE, Role
from cbdc.money import is_amount
from central_bank.issuance.answers import advise, refuse
from central_bank.issuance.domain import Kind
from central_bank.issuance.issuer import enter_key
from central_bank.issuance.services import issue, redeem, set_quota

ISSUE = "issue"
REDEEM = "redeem"
ISSUER_KEY = "rotate_issuer_key"
QUOTA = "set_quota"


def _issue(request: ApprovalRequest) -> None:
    done = issue(
        request_id=request.id,
        bank=request.subject,
        amount=request.payload["amount"],
        approved=True,
    )
    advise(
        bank=request.subject,
        operation=Kind.ISSUE,
        request_id=request.id,
        amount=request.payload["amount"],
        done=done,
    )


def _redeem(request: ApprovalRequest) -> None:
    done = redeem(
        request_id=request.id,
        bank=request.subject,
        amount=request.payload["amount"],
        inputs=tuple(request.payload["inputs"]),
        authorisation=request.payload["authorisation"],
        approved=True,
    )
    advise(
        bank=request.subject,
        operation=Kind.REDEEM,
        request_id=request.id,
        amount=request.payload["amount"],
        done=done,
    )


def _turn_down(request: ApprovalRequest) -> None:
    """Tell the bank that asked."""
    refuse(
        bank=request.subject,
        operation=Kind(request.kind),
        request_id=request.id,
        problem=Problem(ErrorCode.PERMISSION_DENIED, f"The {request.kind} was {request.state}."),
    )


def _only_banks_ask(payload: dict[str, object]) -> None:
    raise Problem(ErrorCode.VALIDATION_FAILED, "A bank asks for it, by message.")


def _rotate(request: ApprovalRequest) -> None:
    payload = dict(request.payload)
    valid_from = max(parse_rfc3339(payload.pop("valid_from")), now())
    enter_key(**payload, valid_from=valid_from)


def _check_key(payload: dict[str, object]) -> None:
    alg, public_key = str(payload["alg"]), str(payload["public_key"])
    try:
        VerifyingKey.of(alg, public_key)
        parse_rfc3339(str(payload["valid_from"]))
        if key_id_of(alg, public_key) != payload["key_id"]:
            raise ValueError("the key id is another key's")
    except ValueError as error:
        raise Problem(ErrorCode.VALIDATION_FAILED, str(error)) from error


def _set_quota(request: ApprovalRequest) -> None:
    actor = request.checker.username if request.checker else ""
    set_quota(bank=request.subject, quota=request.payload["quota"], actor=actor)


ROTATION = dict.fromkeys(("key_id", "alg", "public_key", "location", "valid_from"), str)
SPENDING = {"amount": int, "inputs": list, "authorisation": str}

four_eyes.register(
    ISSUE, fields={"amount": int}, carry_out=_issue, turn_down=_turn_down, check=_only_banks_ask
)
four_eyes.register(
    REDEEM, fields=SPENDING, carry_out=_redeem, turn_down=_turn_down, check=_only_banks_ask
)
four_eyes.register(QUOTA, fields={"quota": int}, carry_out=_set_quota, by_hand=Role.CENTRAL_BANK)
four_eyes.register(
    ISSUER_KEY, fields=ROTATION, carry_out=_rotate, check=_check_key, by_hand=Role.CENTRAL_BANK
)


def request_rotation(
    *, key_id: str, alg: str, public_key: str, location: str, valid_from: datetime, maker: User
) -> ApprovalRequest:
    """Propose that the issuer signs with another key from `valid_from` on.

    Raises:
        Problem: validation_failed.
    """
    payload = {
        "key_id": key_id,
        "alg": alg,
        "public_key": public_key,
        "location": location,
        "valid_from": rfc3339(valid_from),
    }
    return four_eyes.propose(
        kind=ISSUER_KEY, subject=CENTRAL_BANK_CODE, payload=payload, maker=maker
    )


def request_quota(*, bank: str, quota: int, maker: User) -> ApprovalRequest:
    """Propose a bank's standing quota, in fen.

    Raises:
        Problem: invalid_amount.
    """
    if quota != 0 and not is_amount(quota):
        raise Problem(ErrorCode.INVALID_AMOUNT)
    return four_eyes.propose(kind=QUOTA, subject=bank, payload={"quota": quota}, maker=maker)
