"""All that a bank has about a holder, for the holder."""

from collections.abc import Iterable
from typing import Any

from cbdc.clock import now, rfc3339
from cbdc.institution import this_institution
from cbdc.ledger.selectors import available
from commercial_banks.customers.models import Customer, DepositAccount
from commercial_banks.customers.privacy import decrypt
from wallets.accounts.authentication import Caller
from wallets.accounts.models import Device, Enrolment, Wallet
from wallets.accounts.selectors import own_wallets, wallet_body
from wallets.notifications.models import Notification
from wallets.payments.models import DepositMovement, Payment, PaymentCode, PaymentRequest
from wallets.payments.selectors import all_transactions, payment_body

IDENTIFIED = 3  # the holder of a wallet of this category or a better one has proved who they are


def export(caller: Caller) -> dict[str, Any]:
    """Everything, as JSON values.

    What the bank knows of the person behind the phone is shown only where the person has been
    identified, and not to a device in its first 24 hours: who has merely got hold of somebody's
    phone number must not learn the name and the identity number by it.
    """
    wallets = own_wallets(caller)
    ids = [wallet.wallet_id for wallet in wallets]
    own = next(wallet for wallet in wallets if wallet.wallet_id == caller.wallet_id)
    identified = own.category <= IDENTIFIED and not caller.is_limited
    return {
        "exported_at": rfc3339(now()),
        "institution": this_institution().code,
        "phone": decrypt(own.phone_sealed),
        "person": _person(own) if identified else None,
        "wallets": [wallet_body(wallet) for wallet in wallets],
        "devices": _rows(
            Device.objects.filter(wallet_id__in=ids),
            "id name public_key created_at limited_until revoked_at",
        ),
        "enrolments": _rows(
            Enrolment.objects.filter(phone_hash=caller.phone_hash),
            "id device_name expires_at confirmed_at wrong_otps",
        ),
        "transactions": {id_: list(all_transactions(id_)) for id_ in ids},
        "payments": [_payment(row, ids) for row in _payments_of(ids)],
        "deposit_movements": _rows(
            DepositMovement.objects.filter(wallet_id__in=ids),
            "id kind wallet_id deposit_account amount device_id signature_base created_at",
        ),
        "payment_codes": _rows(
            PaymentCode.objects.filter(wallet_id__in=ids),
            "id wallet_id device_id created_at expires_at used_at payment_id",
        ),
        "payment_requests": _rows(
            PaymentRequest.objects.filter(payee_wallet__in=ids)
            | PaymentRequest.objects.filter(payer_wallet__in=ids),
            "id payee_wallet payer_wallet amount memo state payment_id created_at expires_at",
        ),
        "notifications": _rows(
            Notification.objects.filter(wallet_id__in=ids),
            "id wallet_id event subject_id amount state created_at sent_at",
        ),
    }


def _person(wallet: Wallet) -> dict[str, Any] | None:
    customer = Customer.objects.filter(
        phone_hash=wallet.phone_hash, kind=Customer.Kind.PERSON
    ).first()
    if customer is None:
        return None
    accounts = DepositAccount.objects.filter(customer=customer).order_by("number")
    return {
        "full_name": decrypt(customer.full_name_sealed),
        "id_number": decrypt(customer.id_number_sealed),
        "phone": decrypt(customer.phone_sealed),
        "customer_since": rfc3339(customer.since),
        "deposit_accounts": [
            {"number": account.number, "balance": available(int(account.number))}
            for account in accounts
        ],
    }


def _payments_of(ids: list[str]) -> Iterable[Payment]:
    payments = Payment.objects.filter(payer_wallet__in=ids) | Payment.objects.filter(
        payee_wallet__in=ids
    )
    return payments.order_by("id")


def _payment(payment: Payment, ids: list[str]) -> dict[str, Any]:
    """With the evidence, where the holder is the one who signed."""
    body = payment_body(payment)
    if payment.payer_wallet in ids:
        body |= {
            "device_id": str(payment.device_id) if payment.device_id else None,
            "signature_base": payment.signature_base,
            "signature": bytes(payment.signature).hex(),
        }
    return body


def _rows(rows: Any, fields: str) -> list[dict[str, Any]]:
    names = fields.split()
    return [{name: _plain(row[name]) for name in names} for row in rows.order_by("id").values()]


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return rfc3339(value)
    return value if value is None or isinstance(value, int | bool) else str(value)
