"""The second factor: a code of an authenticator (RFC 6238), or a recovery code, once each."""

import hashlib
import secrets
from binascii import unhexlify

import django_otp
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from cbdc.access import sessions
from cbdc.access.models import RecoveryCode
from cbdc.api.rate_limits import caller_key, client_address, rate_limit, take_back
from cbdc.audit import services as audit
from cbdc.clock import now
from cbdc.errors import ErrorCode, Problem

DIGITS = 6  # of an authenticator
RECOVERY_CODES = 10
LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"  # 32, without I, L, O and U
CODE_LETTERS = 16  # 80 bits: a plain hash keeps them
# Of wrong codes in an hour: three of a million are right at a time, so 100 find one once in 3,000
# hours. From addresses where the person has shown the factor before, the last limit does not
# count: a thief of the password locks nobody out of their own desk.
WRONG_FROM_AN_ADDRESS_MAX = 20
WRONG_OF_A_PERSON_MAX = 100
WINDOW_S = 3600
_SCOPE, _SCOPE_PERSON = "second factors", "second factors of a person"


def device_of(user: User) -> TOTPDevice | None:
    """The person's authenticator, once it is enrolled."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def prove(user: User, code: str) -> bool:
    """Whether the code is the person's, at the institution's own console, where no limit counts."""
    device = device_of(user)
    right = device is not None and _is_right(user, device, _plain(code))
    if not right:
        _record_wrong(user, at="console")
    return right


def show(request: HttpRequest, user: User, code: str) -> bool:
    """Verify the session by a code of the authenticator or a recovery code.

    Raises:
        Problem: rate_limited.
    """
    device = device_of(user)
    if device is None:
        return False
    _limit(request, user)
    plain = _plain(code)
    if not _is_right(user, device, plain):
        _record_wrong(user)
        return False
    _forgive(request, user)
    _verified(request, user, device, "authenticator" if _is_digits(plain) else "recovery code")
    return True


def new_secret() -> str:
    """A key for an authenticator that is to be enrolled: 20 bytes in hex."""
    return secrets.token_hex(20)


def authenticator_for(user: User, secret: str) -> TOTPDevice:
    """What a QR code shows of it; not kept."""
    return TOTPDevice(user=user, key=secret, name="authenticator")


def enrol(request: HttpRequest, user: User, secret: str, code: str) -> list[str] | None:
    """Keep the authenticator, whose code shows that the person has it; the recovery codes.

    None when the code is wrong.

    Raises:
        Problem: permission_denied, when the person has one already; rate_limited.
    """
    _limit(request, user)
    device = authenticator_for(user, secret)
    totp = TOTP(unhexlify(secret), device.step, device.t0, device.digits, device.drift)
    if not (code.isascii() and code.isdigit() and totp.verify(int(code), device.tolerance)):
        _record_wrong(user, at="enrolment")
        return None
    device.last_t = totp.t()  # this code is used
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if device_of(user) is not None:
            raise Problem(ErrorCode.PERMISSION_DENIED, "There is an authenticator already.")
        device.save(force_insert=True)
        codes = _replace_codes(user)
        audit.record(
            actor=user.username, action="enrol_second_factor", subject=user.username, detail={}
        )
    _forgive(request, user)
    _verified(request, user, device, "enrolment")
    return codes


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Replace the person's recovery codes, in the audit log too."""
    codes = _replace_codes(user)
    audit.record(actor=user.username, action="new_recovery_codes", subject=user.username, detail={})
    return codes


@transaction.atomic
def reset(*, person: User, by: User) -> None:
    """Forget somebody's factor, who enrols another at the next log-in.

    Raises:
        Problem: permission_denied, for oneself; validation_failed, when there is none.
    """
    if person.pk == by.pk:
        raise Problem(ErrorCode.PERMISSION_DENIED, "Another administrator resets yours.")
    if not TOTPDevice.objects.filter(user=person).delete()[0]:
        raise Problem(ErrorCode.VALIDATION_FAILED, f"{person} has no second factor.")
    RecoveryCode.objects.filter(user=person).delete()
    sessions.end_all(user=person, by=by.username)


def _plain(code: str) -> str:
    return code.strip().replace(" ", "").replace("-", "").upper()


def _is_digits(code: str) -> bool:
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def _is_right(user: User, device: TOTPDevice, code: str) -> bool:
    """The device's row is locked while it looks, so one code is good once, at any concurrency."""
    if _is_digits(code):
        return django_otp.verify_token(user, device.persistent_id, code) is not None
    return _use_recovery_code(user, code)


def _replace_codes(user: User) -> list[str]:
    """They are shown once: their hashes are kept."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [
        "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS)) for _ in range(RECOVERY_CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_hash(user, code)) for code in codes
    )
    return ["-".join(code[at : at + 4] for at in range(0, CODE_LETTERS, 4)) for code in codes]


def _use_recovery_code(user: User, code: str) -> bool:
    unused = RecoveryCode.objects.filter(user=user, used_at__isnull=True)
    if not unused.filter(code_hash=_hash(user, code)).update(used_at=now()):
        return False
    detail = {"left": unused.count()}
    audit.record(
        actor=user.username, action="use_recovery_code", subject=user.username, detail=detail
    )
    return True


def _record_wrong(user: User, **detail: str) -> None:
    """That a code was wrong or used before; never the code."""
    audit.record(
        actor=user.username, action="second_factor_wrong", subject=user.username, detail=detail
    )


def _hash(user: User, code: str) -> str:
    return hashlib.sha256(f"{user.pk}:{code}".encode()).hexdigest()


def _limit(request: HttpRequest, user: User) -> None:
    """Each code is counted; one above the limit is refused unseen, and recorded."""
    try:
        rate_limit(_SCOPE, caller_key(request, user.username), WRONG_FROM_AN_ADDRESS_MAX, WINDOW_S)
        if not sessions.knows(user, client_address(request)):
            rate_limit(_SCOPE_PERSON, user.username, WRONG_OF_A_PERSON_MAX, WINDOW_S)
    except Problem:
        _record_wrong(user, at="limit")
        raise


def _forgive(request: HttpRequest, user: User) -> None:
    """A right code was none of the wrong ones."""
    take_back(_SCOPE, caller_key(request, user.username), WINDOW_S)
    if not sessions.knows(user, client_address(request)):
        take_back(_SCOPE_PERSON, user.username, WINDOW_S)


def _verified(request: HttpRequest, user: User, device: TOTPDevice, how: str) -> None:
    request.session.cycle_key()  # what was known of the session before is of no use
    django_otp.login(request, device)
    sessions.verified(request)
    left = RecoveryCode.objects.filter(user=user, used_at__isnull=True).count()
    audit.record(
        actor=user.username,
        action="log_in",
        subject=user.username,
        detail={"second_factor": how, "recovery_codes_left": left},
    )
