"""Payment codes: a number on the payer's screen that a merchant may charge once, for 60 s."""

import secrets
from datetime import datetime, timedelta

from stdnum import luhn

from cbdc.api.schema import refuse
from cbdc.clock import now
from cbdc.crypto.http_signatures import Verified
from cbdc.errors import ErrorCode, FieldError, Problem
from cbdc.institution import this_institution
from commercial_banks.customers.privacy import look_up_hash
from wallets.accounts.authentication import Caller
from wallets.accounts.models import Device, Wallet
from wallets.accounts.states import require_active
from wallets.payments.authorisation import Authorisation
from wallets.payments.models import Payment, PaymentCode
from wallets.payments.services import pay

CODE_DIGITS = 20  # institution number, 15 random digits, 1 Luhn digit
RANDOM_DIGITS = 15
VALID_FOR = timedelta(seconds=60)
KEPT_FOR = timedelta(days=1)
PURGE_BATCH = 10_000


def make_payment_code(
    *, wallet: Wallet, caller: Caller, proof: Verified | None
) -> tuple[str, datetime]:
    """A fresh code of this wallet, and when it ends.

    Raises:
        Problem: wallet_frozen, wallet_closed.
    """
    require_active(wallet)
    body = f"{this_institution().number}{secrets.randbelow(10**RANDOM_DIGITS):0{RANDOM_DIGITS}d}"
    code = body + luhn.calc_check_digit(body)
    row = PaymentCode.objects.create(
        code_hash=_hash(code),
        wallet_id=wallet.wallet_id,
        device_id=caller.device_id,
        expires_at=now() + VALID_FOR,
        signature_base=proof.signature_base if proof is not None else "",
        signature=proof.signature if proof is not None else b"",
    )
    return code, row.expires_at


def charge(
    *, code: str, payee_wallet: str, amount: int, reference: str, terminal: str = "", memo: str = ""
) -> Payment:
    """Charge a code of this bank for an order, in the caller's transaction.

    The same order at the same terminal again gets the payment that it has. A refusal is to
    roll the transaction back: the code then is as if it had not been tried.

    Raises:
        Problem: validation_failed for a code that never was, code_used (by another order or
            terminal), code_expired, and those of `pay`.
    """
    row, is_new = redeem_code(code=code, reference=reference, terminal=terminal)
    if not is_new and row.payment_id is not None:
        return Payment.objects.get(id=row.payment_id)
    payment = pay(
        payer=Wallet.objects.get(wallet_id=row.wallet_id),
        payee_wallet=payee_wallet,
        amount=amount,
        memo=memo,
        reference=reference,
        by=_authorisation(row),
    )
    PaymentCode.objects.filter(id=row.id).update(payment_id=payment.id)
    return payment


def redeem_code(*, code: str, reference: str, terminal: str = "") -> tuple[PaymentCode, bool]:
    """Use a code up for one order at one terminal; False when they had used it before.

    Runs in the caller's transaction. Of calls at the same time one wins; the others wait for
    its transaction to end.

    Raises:
        Problem: validation_failed for a code that never was, code_used, code_expired.
    """
    moment = now()
    codes = PaymentCode.objects.filter(code_hash=_hash(code))
    used_now = codes.filter(used_at__isnull=True, expires_at__gt=moment).update(
        used_at=moment, order_reference=reference, terminal=terminal
    )
    row = codes.first()
    if row is None:
        raise refuse([FieldError("payment_code", "unknown", "There is no such payment code.")])
    if used_now:
        return row, True
    if row.used_at is None:
        raise Problem(ErrorCode.CODE_EXPIRED)
    if (row.order_reference, row.terminal) != (reference, terminal):
        raise Problem(ErrorCode.CODE_USED)
    return row, False


def purge_codes() -> int:
    """Forget codes a day after their end, at most a batch; how many went."""
    old = PaymentCode.objects.filter(expires_at__lt=now() - KEPT_FOR).values("id")[:PURGE_BATCH]
    return PaymentCode.objects.filter(id__in=old).delete()[0]


def _authorisation(row: PaymentCode) -> Authorisation:
    """The device that showed the code pays; shut out since, it pays nothing.

    Raises:
        Problem: code_expired.
    """
    device = Device.objects.filter(id=row.device_id, revoked_at__isnull=True).first()
    if device is None:
        raise Problem(ErrorCode.CODE_EXPIRED, "The device that made the code is shut out.")
    return Authorisation(
        device_id=device.id,
        limited_until=device.limited_until,
        signature_base=row.signature_base,
        signature=bytes(row.signature),
    )


def _hash(code: str) -> str:
    return look_up_hash(f"payment code {code}")
