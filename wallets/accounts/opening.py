"""Opening wallets: the row that people see, and the account that holds the money."""

import secrets
from uuid import UUID

from django.db import IntegrityError, transaction

from cbdc.identifiers import wallet_id
from cbdc.institution import this_institution
from cbdc.ledger.services import open_accounts
from cbdc.ledger.types import AccountCode, Ledger, Limits, NewAccount, Side
from commercial_banks.customers.privacy import encrypt, look_up_hash
from wallets.accounts.models import Wallet

COUNTER = 1  # the category that is opened in person
SERIALS = 10**11
TRIES_MAX = 5  # a random serial that is taken has one chance in a thousand even at 10^8 wallets


def open_wallet(
    *,
    phone: str,
    kind: Wallet.Kind = Wallet.Kind.PERSONAL,
    category: int = 4,
    name: str = "",
    parent: Wallet | None = None,
    limits: Limits | None = None,
    payee_wallet: str | None = None,
    customer_id: UUID | None = None,
) -> Wallet:
    """Open a wallet, in the caller's transaction.

    A sub-wallet has a `parent`; `limits` are its own, within its category's. A wallet with a
    `payee_wallet` may pay that one only.

    Raises:
        IntegrityError: the phone has an open personal wallet already.
    """
    wallet = _insert(
        kind=kind,
        category=category,
        name=name,
        parent=parent,
        phone_sealed=encrypt(phone),
        phone_hash=look_up_hash(phone),
        customer_id=customer_id,
    )
    account = NewAccount(
        int(wallet.wallet_id),
        Ledger.DIGITAL_CURRENCY,
        AccountCode.WALLET,
        Side.CREDIT,
        category=category,
        parent=int(parent.wallet_id) if parent is not None else None,
        limits=limits,
        payee=int(payee_wallet) if payee_wallet is not None else None,
    )
    open_accounts([account])
    return wallet


def open_corporate_wallet(
    *, name: str, phone: str, category: int = COUNTER, customer_id: UUID | None = None
) -> Wallet:
    """A firm's wallet, opened at the counter. The holder of `phone` operates it for the firm.

    Whoever enrols that phone finds the firm's wallet beside the own one.
    """
    return open_wallet(
        phone=phone,
        kind=Wallet.Kind.CORPORATE,
        category=category,
        name=name,
        customer_id=customer_id,
    )


def _insert(**values: object) -> Wallet:
    for tries_left in reversed(range(TRIES_MAX)):
        number = wallet_id(this_institution().number, secrets.randbelow(SERIALS))
        try:
            with transaction.atomic():
                return Wallet.objects.create(wallet_id=number, **values)
        except IntegrityError:
            if tries_left == 0 or not Wallet.objects.filter(wallet_id=number).exists():
                raise
    raise AssertionError("unreachable")
