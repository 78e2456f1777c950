"""People: they pay one another, look at their balance, and at what they did."""

from itertools import islice

from locust import task
from locust.env import Environment

from loadtests.users.base import BankUser, Run, price

PAGE = 50


class WalletUser(BankUser):
    """A holder, and what one does with a wallet."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.index, self.wallet = self.some_wallet(self.target)

    def on_start(self) -> None:
        with self.doing("log in"):
            self.wallet.login()

    def pay_somebody(self) -> None:
        """Someone at this bank, or at another one."""
        payee = Run.targets.payee(self.target, self.index, Run.options.cross_bank)
        inside = payee.startswith(self.target.seeded.number)
        name = "pay inside the bank" if inside else "pay across banks"
        self.pay(self.wallet, name, payee=payee, amount=price(usual=3_00, highest=20_00))

    def see_balance(self) -> None:
        """The wallet, as it is now."""
        with self.doing("read the balance"):
            self.wallet.wallet()

    def see_history(self) -> None:
        """The newest page, as an app shows it."""
        with self.doing("read a page of history"):
            list(islice(self.wallet.transactions(limit=str(PAGE)), PAGE))


class Holder(WalletUser):
    """Of ten things that people do with a wallet, five are payments (docs/reference/load.md)."""

    abstract = True

    @task(5)
    def pays(self) -> None:
        self.pay_somebody()

    @task(3)
    def looks(self) -> None:
        self.see_balance()

    @task(2)
    def looks_back(self) -> None:
        self.see_history()


class Giver(WalletUser):
    """Gives much more than looks, and looks to see what came."""

    abstract = True

    @task(4)
    def gives(self) -> None:
        self.pay_somebody()

    @task(1)
    def looks(self) -> None:
        self.see_balance()
