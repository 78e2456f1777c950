"""`make screenshots`: pictures of the staff consoles, in var/screenshots.

A development network lives for half a minute, with real payments; then the figures that charts are
drawn from get a week's past, made up, which ends at the real ones. Every page is taken at the size
of a desk and of a phone. `ARGS=--docs` also renews the six pictures of docs/images.
"""

import random
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cbdc.client.devnet import DevnetClient
from cbdc.client.merchant_client import MerchantClient
from cbdc.devnet.network import members
from cbdc.devnet.sockets import free_port_block
from cbdc.devnet.stack import ROOT, Devnet
from tests.system.browser import DESK, PHONE, Browser, programs
from tests.system.support import DECIDED_TIMEOUT_S, Holder, open_wallet

FOLDER, IMAGES = ROOT / "var" / "screenshots", ROOT / "docs" / "images"
ENVIRONMENT = {"SETTLEMENT_PERIOD_S": "3", "SAMPLE_EVERY_S": "2"}
LIVES_S = 30.0
PURSE = 2_000_00
SMALL = 0.5  # of the pictures in the documents
CENTRAL_BANK, HARBOR = "central-bank", "harbor"
STAFF = {CENTRAL_BANK: "maker", HARBOR: "auditor"}
# What happened besides payments: a request above the quota, marks of the stock, a break.
BANKS_DAY = """
from commercial_banks.treasury.services import request_issue
from commercial_banks.treasury.replenishment import set_marks
from commercial_banks.clearing.models import Break
request_issue(amount=6_000_000_000, by="treasurer")
set_marks(low=150_000_000, high=260_000_000, by="treasurer")
Break.objects.create(kind="amount", detail="12.00 here, 21.00 in the statement")
"""
MORE_TOKENS = """
from commercial_banks.treasury.services import request_issue
request_issue(amount=120_000_000, by="treasurer")
"""
# Up to the figures that are kept, an hour at a time, back over a week, and never below zero.
PAST = """
import random
from datetime import timedelta
from cbdc.clock import now
from cbdc.console import sampling
from cbdc.console.models import Sample
sampling.take_slowly()
hour = now().replace(minute=0, second=0, microsecond=0)
first = {}
for row in Sample.objects.order_by("at"):
    first[row.series] = row.value
Sample.objects.filter(at__lt=now() - timedelta(seconds=4)).delete()
chance = random.Random(7)
for series, value in first.items():
    total = "." in series and not series.startswith("wallets") or series == "payments"
    step = {"payments": 40, "amount": 6_000_00}.get(series.rpartition(".")[2], 0)
    step = step or max(abs(value) // 60, 1)
    for back in range(0, 7 * 24):
        at = hour - timedelta(hours=back)
        busy = 1.6 if 8 <= (at.hour + 8) % 24 <= 21 else 0.35
        if total:
            value -= round(step * busy * chance.uniform(0.7, 1.3))
        else:
            value += round(step * chance.uniform(-0.9, 0.9))
        Sample.objects.get_or_create(series=series, at=at, defaults={"value": value})
"""


@dataclass(frozen=True, slots=True)
class Shot:
    """A page of an institution; `docs` is its name among the documents' pictures."""

    name: str
    code: str
    path: str
    docs: str = ""
    chinese: bool = False


def main(arguments: Sequence[str]) -> int:
    if programs() is None:
        sys.exit("Chromium and its driver are needed: apt-get install chromium chromium-driver")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cbdc-shots-") as folder:
        port = free_port_block(len(members(0)))
        with Devnet(Path(folder), port, environment=ENVIRONMENT) as devnet:
            payment_id, wallet_id = _live(devnet)
            _run(devnet, HARBOR, BANKS_DAY)
            _run(devnet, "lotus", MORE_TOKENS)
            time.sleep(4)
            for code in STAFF:
                _run(devnet, code, PAST)
            for code, username in STAFF.items():
                with Browser(Path(folder) / f"profile-{code}") as browser:
                    _take(devnet, browser, username, _shots(code, payment_id, wallet_id))
    if "--docs" in arguments:
        for shot in (one for code in STAFF for one in _shots(code, "", "") if one.docs):
            size = "phone" if "phone" in shot.docs else "small"
            (IMAGES / f"{shot.docs}.png").write_bytes(
                (FOLDER / f"{shot.name}-{size}.png").read_bytes()
            )
    return 0


def _shots(code: str, payment_id: str, wallet_id: str) -> list[Shot]:
    if code == CENTRAL_BANK:
        return [
            Shot("central-bank", code, "/admin/", "console-central-bank"),
            Shot("central-bank-zh", code, "/admin/", "console-central-bank-zh", chinese=True),
            Shot("approvals", code, "/admin/approvals/approvalrequest/"),
            Shot("cycles", code, "/admin/clearing/settlementcycle/"),
            Shot("central-payment", code, f"/admin/payment/{payment_id}/"),
            Shot("central-day-end", code, "/admin/day-end/", "console-day-end"),
        ]
    return [
        Shot("bank", code, "/admin/", "console-bank"),
        Shot("bank-on-a-phone", code, "/admin/", "console-bank-phone"),
        Shot("bank-zh", code, "/admin/", chinese=True),
        Shot("payments", code, "/admin/payments/payment/"),
        Shot("wallet", code, f"/admin/accounts/wallet/{wallet_id}/change/"),
        Shot("transactions", code, f"/admin/accounts/wallet/{wallet_id}/change/#transactions"),
        Shot("payment", code, f"/admin/payment/{payment_id}/", "console-payment"),
        Shot("look-up", code, "/admin/look-up/"),
        Shot("bank-day-end", code, "/admin/day-end/"),
    ]


def _live(devnet: Devnet) -> tuple[str, str]:
    """Half a minute of payments between three banks, and a coffee; a payment and its wallet."""
    homes = [(HARBOR, 0), (HARBOR, 1), ("lotus", 0), ("lotus", 1), ("jade", 0)]
    holders = [open_wallet(devnet, bank, index, top_up=PURSE) for bank, index in homes]
    chance = random.Random(1)  # noqa: S311 - no secret
    ends = time.monotonic() + LIVES_S
    mine = ""
    while time.monotonic() < ends:
        payer, payee = chance.sample(holders, 2)
        paid = payer.client().pay(payee.wallet_id, chance.randint(1_00, 60_00), memo="tea")
        if payer is holders[0] and payee in holders[2:]:
            mine = paid.payment_id
    client = holders[0].client()
    client.await_payment(mine, timeout_s=DECIDED_TIMEOUT_S)
    _coffee(devnet, holders[1])
    time.sleep(2 * float(ENVIRONMENT["SETTLEMENT_PERIOD_S"]))
    return mine, holders[0].wallet_id


def _coffee(devnet: Devnet, customer: Holder) -> None:
    url = devnet.network.member(HARBOR).base_url
    shop = MerchantClient(url, DevnetClient(url).seed().merchants[0].api_key)
    order = shop.order("A-77", 18_00, description="Flat white")
    customer.client().pay_qr(str(order.qr))


def _run(devnet: Devnet, code: str, script: str) -> None:
    done = devnet.manage(code, "shell", "-c", script)
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def _take(devnet: Devnet, browser: Browser, username: str, shots: Sequence[Shot]) -> None:
    url = devnet.network.member(shots[0].code).base_url
    browser.open(f"{url}/admin/")
    browser.find("#id_username").send_keys(username)
    browser.find("#id_password").send_keys(f"{username}-devnet-1")
    browser.type("", enter=True)
    browser.find("#dashboard")
    for shot in shots:
        cookie = {"name": "django_language", "value": "zh-hans" if shot.chinese else "en"}
        browser.driver.add_cookie({**cookie, "path": "/admin/"})
        for form, size in (("desk", DESK), ("phone", PHONE)):
            browser.size(size)
            browser.open(url + shot.path)
            browser.find("#main")
            time.sleep(0.5)  # the theme's transitions
            file = FOLDER / f"{shot.name}-{form}.png"
            browser.picture(file)
            if size == DESK:
                browser.picture(FOLDER / f"{shot.name}-small.png", scale=SMALL)
            print(file.relative_to(ROOT))
        if faults := browser.faults():
            print("\n".join(faults))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
