"""Merchants and who buys there: by QR code, by payment code, and all at once at one of them."""

from locust import task

from cbdc.client.load_file import LoadMerchant
from cbdc.client.merchant_client import MerchantClient
from cbdc.client.merchant_models import Order
from cbdc.identifiers import new_id
from loadtests.targets import Target
from loadtests.users.base import BankUser, Run, price

TILL = "till-1"


class Shopper(BankUser):
    """One round is a sale: what the merchant's till does, and what its customer does."""

    abstract = True

    def till(self, at: Target, merchant: LoadMerchant) -> MerchantClient:
        """The merchant's own client."""
        return MerchantClient(at.base_url, merchant.api_key, transport=self.transport(at.base_url))

    def sell(self, payer_at: Target, at: Target, merchant: LoadMerchant) -> None:
        """The till shows an order's QR code, and the customer pays it."""
        till = self.till(at, merchant)
        order: Order | None = None
        with self.doing("place an order"):
            order = till.order(str(new_id()), price(), "lunch")
        if order is None or order.qr is None:
            return
        _, wallet = self.some_wallet(payer_at)
        with self.doing("log in"):
            wallet.login()
        inside = payer_at is at
        name = "pay a QR code" if inside else "pay a QR code across banks"
        self.pay(wallet, name, qr=order.qr)


class QrMerchant(Shopper):
    """A shop whose customers scan its orders."""

    abstract = True

    @task
    def sale(self) -> None:
        at, merchant = Run.targets.shop(self.target, Run.options.cross_bank)
        self.sell(self.target, at, merchant)


class CodeMerchant(Shopper):
    """A shop that scans its customers' payment codes."""

    abstract = True

    @task
    def sale(self) -> None:
        at, merchant = Run.targets.shop(self.target, Run.options.cross_bank)
        _, wallet = self.some_wallet(self.target)
        code = ""
        with self.doing("log in"):
            wallet.login()
        with self.doing("make a payment code"):
            code = wallet.payment_code().payment_code
        if not code:
            return
        inside = self.target is at
        with self.doing("charge a code" if inside else "charge a code across banks"):
            amount = price()
            order = self.till(at, merchant).charge(str(new_id()), amount, "lunch", code)
            Run.recorder.acknowledged(
                "order",
                order_id=order.order_id,
                status=order.status,
                payment_id=order.payment_id,
                payee_wallet=merchant.wallet_id,
                amount=amount,
            )


class FlashSaleBuyer(Shopper):
    """Wants the one thing that the one merchant of the flash sale sells."""

    abstract = True

    @task
    def buy(self) -> None:
        at = Run.targets.all[0]
        if not at.shops:
            self.give_up("no merchant was seeded")
        self.sell(self.target, at, at.shops[0])
