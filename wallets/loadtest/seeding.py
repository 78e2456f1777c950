"""Holders for a load test: many wallets with money and devices, and merchants, in bulk.

The money is real. The central bank issues the tokens, a firm buys them with its deposit, and pays
each holder wages: what any audit asks of the books holds here too. Each chunk is one transaction,
so a run that was killed goes on where it was.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from stdnum.cn import uscc

from cbdc.client.load_file import WALLETS_MAX, LoadFile, LoadMerchant
from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.identifiers import new_id
from cbdc.institution import this_institution
from cbdc.ledger.selectors import available
from cbdc.ledger.services import create_transfers, open_new_accounts
from cbdc.ledger.types import (
    BATCH_MAX,
    AccountCode,
    Ledger,
    NewAccount,
    Side,
)
from cbdc.money import AMOUNT_MAX
from commercial_banks.chart import STOCK
from commercial_banks.customers.models import Customer
from commercial_banks.customers.privacy import encrypt, look_up_hash
from commercial_banks.customers.services import deposit
from commercial_banks.treasury.services import request_issue
from wallets.accounts.counter import open_for_firm
from wallets.accounts.models import Device, Wallet
from wallets.loadtest.copying import copy_rows
from wallets.merchants.seeds import COFFEE, merchant_row, take_on
from wallets.payments.authorisation import Authorisation
from wallets.payments.models import DepositMovement, Payment, Status
from wallets.payments.services import move_deposit, transfer_of
from wallets.transit import seeds as transit_seeds

CATEGORY = 4  # a phone and nothing else, and so with every kind of limit
CHUNK = BATCH_MAX
WAGES_MAX = 1_000_000  # fen, what such a wallet may hold
MERCHANTS_FIRST_SERIAL = 500_000  # of their credit codes
MERCHANTS_PHONES = 5_000
MERCHANTS_MAX = 1_000
EMPLOYER = "Load Test Employer"
EMPLOYER_SERIAL = 499_999
EMPLOYER_PHONE = "4999"

Progress = Callable[[str], None]
Wait = Callable[[int], None]


def seed(
    *,
    file: Path,
    wallets: int,
    wages: int,
    merchants: int,
    wait: Wait,
    progress: Progress = lambda step: None,
) -> LoadFile:
    """Have at least so many wallets, with `wages` fen for each new one, and so many merchants.

    `wait(amount)` returns when the stock holds that much: the tokens come from the central bank.

    Raises:
        ValueError: a number out of range, or the wallets of this bank are another file's.
    """
    if not 0 <= wallets <= WALLETS_MAX or not 0 <= merchants <= MERCHANTS_MAX:
        raise ValueError(f"at most {WALLETS_MAX} wallets and {MERCHANTS_MAX} merchants")
    if not 1 <= wages <= WAGES_MAX:
        raise ValueError(f"wages are 1 to {WAGES_MAX} fen")
    known = _open_file(file)
    have = _seeded(known)
    missing = max(wallets - have, 0)
    if missing:
        employer = _employer(known, missing * wages, wait)
        progress(f"{employer.name} has wages for {missing} wallets")
        for first in range(have, wallets, CHUNK):
            last = min(first + CHUNK, wallets)
            _open_wallets(known, range(first, last), employer, wages)
            progress(f"{last} wallets")
    known.wallets = max(have, wallets)
    known.merchants = _merchants(merchants)
    known.save(file)
    return known


def _open_file(path: Path) -> LoadFile:
    """The file, made when it is missing: it must be there before the first wallet is."""
    bank = this_institution()
    try:
        known = LoadFile.load(path)
    except FileNotFoundError:
        known = LoadFile(bank.code, bank.number)
        known.save(path)
    if known.institution != bank.code:
        raise ValueError(f"{path} is of {known.institution}")
    return known


def _seeded(known: LoadFile) -> int:
    """How many are there: they were made in order, so a bisection finds the first that is not."""
    first = Wallet.objects.filter(wallet_id=known.wallet_id(0))
    if first.exists() and not Device.objects.filter(id=known.device_id(0)).exists():
        raise ValueError("this bank has wallets of another file: name that one")
    low, high = 0, WALLETS_MAX
    while low < high:
        middle = (low + high) // 2
        if Device.objects.filter(id=known.device_id(middle)).exists():
            low = middle + 1
        else:
            high = middle
    return low


def _employer(known: LoadFile, amount: int, wait: Wait) -> Wallet:
    """The firm that pays the wages, with at least `amount` fen in its wallet."""
    body = f"91110000600{EMPLOYER_SERIAL:06d}"
    credit_code = body + str(uscc.calc_check_digit(body))
    firm = Customer.objects.filter(id_number_hash=look_up_hash(credit_code)).first()
    wallet = Wallet.objects.filter(customer_id=firm.id).first() if firm is not None else None
    if wallet is None or firm is None:
        with transaction.atomic():
            wallet, _ = open_for_firm(
                firm_name=EMPLOYER,
                credit_code=credit_code,
                phone=f"+86139{known.number}{EMPLOYER_PHONE}",
                category=1,
            )
            Device.objects.create(
                id=known.device_id(-1),
                wallet=wallet,
                public_key=keys.raw_b64url(known.key(-1).public_key()),
            )
        firm = Customer.objects.get(id__in=[wallet.customer_id])
    lacks = amount - available(int(wallet.wallet_id))
    if lacks > AMOUNT_MAX:
        raise ValueError("so much money cannot be moved at once: choose lower wages")
    if lacks > 0:
        account = firm.deposit_accounts.get().number
        if (short := lacks - available(STOCK)) > 0:
            request_issue(amount=short, by="seed_load")
        wait(lacks)
        _buy(known, wallet, account, lacks)
    return wallet


@transaction.atomic
def _buy(known: LoadFile, wallet: Wallet, account: str, amount: int) -> None:
    """Pay money in over the counter, and have it swapped for e-CNY."""
    deposit(account=account, amount=amount, deposit_id=new_id())
    said = f"seed_load {wallet.wallet_id} {amount}"
    by = Authorisation(
        device_id=known.device_id(-1),
        signature_base=said,
        signature=known.key(-1).sign(said.encode()),
    )
    kind = DepositMovement.Kind.TOP_UP
    move_deposit(kind=kind, wallet=wallet, number=account, amount=amount, by=by)


@transaction.atomic
def _open_wallets(known: LoadFile, indexes: range, employer: Wallet, wages: int) -> None:
    """Wallets with their devices, and the payment of wages to each."""
    numbers = [known.wallet_id(index) for index in indexes]
    pairs = list(zip(indexes, numbers, strict=True))
    copy_rows(_wallet(known, index, number) for index, number in pairs)
    copy_rows(_device(known, index, number) for index, number in pairs)
    open_new_accounts(
        NewAccount(
            int(number), Ledger.DIGITAL_CURRENCY, AccountCode.WALLET, Side.CREDIT, category=CATEGORY
        )
        for number in numbers
    )
    payments = list(_wages(employer, numbers, wages))
    results = create_transfers([transfer_of(payment) for payment in payments])
    if refused := [result for result in results if not result.recorded]:
        raise RuntimeError(f"the ledger refused wages: {refused[0]}")
    copy_rows(payments)


def _wallet(known: LoadFile, index: int, number: str) -> Wallet:
    phone = known.phone(index)
    return Wallet(
        wallet_id=number,
        category=CATEGORY,
        phone_sealed=encrypt(phone),
        phone_hash=look_up_hash(phone),
    )


def _device(known: LoadFile, index: int, number: str) -> Device:
    return Device(
        id=known.device_id(index),
        wallet_id=number,
        public_key=keys.raw_b64url(known.key(index).public_key()),
    )


def _wages(employer: Wallet, numbers: list[str], wages: int) -> Iterator[Payment]:
    moment = now()
    for number in numbers:
        yield Payment(
            id=new_id(),
            payer_wallet=employer.wallet_id,
            payee_wallet=number,
            amount=wages,
            memo="wages",
            status=Status.COMPLETED,
            created_at=moment,
            completed_at=moment,
        )


def _merchants(number: int) -> list[LoadMerchant]:
    """The first is hot, for flash sales; the metro of a development network comes last."""
    made = []
    for index in range(number):
        with transaction.atomic():
            merchant, _ = take_on(
                "Flash Sale" if index == 0 else f"Shop {index}",
                {**COFFEE, "qr_name": "LOAD TEST", "hot": index == 0},
                serial=MERCHANTS_FIRST_SERIAL + index,
                phone_ends=f"{MERCHANTS_PHONES + index:04d}",
            )
        made.append(_load_merchant(merchant_row(merchant), hot=index == 0))
    if settings.DEVNET and this_institution().code == transit_seeds.BANK:
        with transaction.atomic():
            made.append(_load_merchant(transit_seeds.metro(), hot=True))
    return made


def _load_merchant(row: dict[str, object], *, hot: bool) -> LoadMerchant:
    return LoadMerchant(**row, hot=hot)  # type: ignore[arg-type]
