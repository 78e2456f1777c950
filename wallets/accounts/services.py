"""Enrolling a phone, opening its wallet, sessions, and shutting out a device."""

import hmac
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from cbdc.api.tokens import make_access_token
from cbdc.clock import now
from cbdc.crypto.http_signatures import SIGNATURE_WINDOW_S, SKEW_S, Verified
from cbdc.errors import ErrorCode, Problem
from cbdc.messaging.models import Nonce
from commercial_banks.customers.privacy import decrypt, encrypt, look_up_hash
from wallets.accounts import hooks, sms
from wallets.accounts.models import Device, Enrolment, Wallet
from wallets.accounts.opening import open_wallet
from wallets.notifications.services import Event, note

OTP_DIGITS = 6
OTP_VALID_FOR = timedelta(minutes=5)
WRONG_OTPS_MAX = 5
ENROLMENTS_KEPT_FOR = timedelta(days=90)
PURGE_BATCH = 10_000
NEW_DEVICE_LIMITED_FOR = timedelta(hours=24)


def start_enrolment(*, phone: str, device_public_key: str, device_name: str) -> Enrolment:
    """Write the enrolment down and send its one-time password after the commit."""
    otp = f"{secrets.randbelow(10**OTP_DIGITS):0{OTP_DIGITS}d}"
    enrolment = Enrolment(
        phone_sealed=encrypt(phone),
        phone_hash=look_up_hash(phone),
        device_public_key=device_public_key,
        device_name=device_name,
        expires_at=now() + OTP_VALID_FOR,
    )
    enrolment.otp_hash = _otp_hash(enrolment.id, otp)
    enrolment.save(force_insert=True)
    transaction.on_commit(lambda: sms.backend().send_otp(phone, otp))
    return enrolment


def phone_hash_of(enrolment_id: UUID) -> str:
    """Of which phone an enrolment is.

    Raises:
        Problem: not_found.
    """
    found = Enrolment.objects.filter(id=enrolment_id).values_list("phone_hash", flat=True).first()
    if found is None:
        raise Problem(ErrorCode.NOT_FOUND)
    return found


def confirm_enrolment(*, enrolment_id: UUID, otp: str) -> Device | Problem:
    """The device of the confirmed phone, in a new wallet or in the phone's own.

    A wrong password is returned as a Problem, so that its count is kept.

    Raises:
        Problem: not_found; otp_expired, also after five wrong passwords.
    """
    enrolment = Enrolment.objects.select_for_update().filter(id=enrolment_id).first()
    if enrolment is None:
        raise Problem(ErrorCode.NOT_FOUND)
    ended = enrolment.confirmed_at is not None or enrolment.wrong_otps >= WRONG_OTPS_MAX
    if ended or enrolment.expires_at <= now():
        raise Problem(ErrorCode.OTP_EXPIRED)
    if not hmac.compare_digest(enrolment.otp_hash, _otp_hash(enrolment.id, otp)):
        enrolment.wrong_otps += 1
        enrolment.save(update_fields=["wrong_otps"])
        return Problem(ErrorCode.OTP_WRONG)
    enrolment.confirmed_at = now()
    enrolment.save(update_fields=["confirmed_at"])
    wallet, is_new = _wallet_of(enrolment)
    device = Device.objects.create(
        wallet=wallet,
        public_key=enrolment.device_public_key,
        name=enrolment.device_name,
        limited_until=None if is_new else now() + NEW_DEVICE_LIMITED_FOR,
    )
    if not is_new:
        note(subject_id=device.id, events={wallet.wallet_id: Event.NEW_DEVICE})
    return device


def open_session(*, device_id: UUID, proof: Verified) -> tuple[str, datetime]:
    """An access token for a device that has just signed; its nonce works once.

    Raises:
        Problem: signature_replayed.
    """
    device = Device.objects.get(id=device_id)
    until = now() + timedelta(seconds=SIGNATURE_WINDOW_S + 2 * SKEW_S)
    try:
        with transaction.atomic():
            Nonce.objects.create(keyid=str(device_id), nonce=proof.nonce or "", expires_at=until)
    except IntegrityError as error:
        raise Problem(ErrorCode.SIGNATURE_REPLAYED) from error
    return make_access_token(device_id=device.id, holder_id=device.wallet_id)


@transaction.atomic
def revoke_device(*, wallet: str, device_id: UUID) -> None:
    """Shut a device out at once; a second call changes nothing.

    Raises:
        Problem: not_found.
    """
    mine = Device.objects.filter(id=device_id, wallet_id=wallet)
    if not mine.exists():
        raise Problem(ErrorCode.NOT_FOUND)
    if mine.filter(revoked_at__isnull=True).update(revoked_at=now()):
        hooks.device_shut_out(device_id)


def purge_enrolments() -> int:
    """Forget enrolments long past their end, at most a batch; how many went."""
    old = Enrolment.objects.filter(expires_at__lt=now() - ENROLMENTS_KEPT_FOR).values("id")
    return Enrolment.objects.filter(id__in=old[:PURGE_BATCH]).delete()[0]


def _otp_hash(enrolment_id: UUID, otp: str) -> str:
    return look_up_hash(f"otp {enrolment_id} {otp}")


def _wallet_of(enrolment: Enrolment) -> tuple[Wallet, bool]:
    """The phone's own open wallet, and whether it was made just now.

    Two confirmations at once: the second waits on the unique phone, and then finds the first's.
    """
    mine = Wallet.objects.filter(
        phone_hash=enrolment.phone_hash, parent=None, kind=Wallet.Kind.PERSONAL
    ).exclude(status=Wallet.Status.CLOSED)
    wallet = mine.first()
    if wallet is not None:
        return wallet, False
    try:
        with transaction.atomic():
            return open_wallet(phone=decrypt(enrolment.phone_sealed)), True
    except IntegrityError:
        return mine.get(), False
