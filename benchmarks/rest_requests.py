"""The requests of `benchmarks.rest`, made and signed before they are sent."""

import itertools
import json
import random
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.rest_client import request
from cbdc.client.load_file import LoadFile
from cbdc.client.wallet_client import WalletClient
from cbdc.identifiers import new_id
from loadtests.stack import Stack

JSON = {"Content-Type": "application/json", "Accept": "application/json"}
THREADS = 8
CODES_S = 20.0  # for as long codes are made: they are good for a minute
CODES_AT_ONCE = 200
AMOUNT = 1  # fen, so that nobody runs short
PAYMENTS = "/api/v1/payments"
PAGE = 50


class Banks:
    """Payers of a bank, with access tokens; payees of that bank and of another one.

    `holders` are the indexes of those who have a device; all of the file's, unless said otherwise.
    """

    def __init__(
        self,
        under_load: Stack,
        own: LoadFile,
        other: LoadFile,
        payers: int,
        *,
        holders: Sequence[int] | None = None,
    ) -> None:
        assert under_load.network is not None  # noqa: S101 - it was just started
        member = under_load.network.member(own.institution)
        self.port, self._base_url = member.port, member.base_url
        self._own, self._other, self._count = own, other, payers
        self._holders = range(own.wallets) if holders is None else holders
        self._payers: list[tuple[int, WalletClient]] = []

    def log_in(self) -> None:
        """Others of all holders, with new access tokens: they last for a quarter of an hour."""
        self._payers = [
            (index, WalletClient(self._base_url, self._own.device(index)))
            for index in random.sample(self._holders, self._count)
        ]
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(WalletClient.login, [payer for _, payer in self._payers]))

    def pay_inside(self, count: int) -> list[bytes]:
        """From payers in turn to any wallet of the bank."""
        wallets = self._own.wallets
        return [
            self._pay(payer, self._own.wallet_id(_other(index, wallets)))
            for index, payer in self._in_turn(count)
        ]

    def pay_across(self, count: int) -> list[bytes]:
        """To any wallet of the other bank."""
        return [
            self._pay(payer, self._other.wallet_id(random.randrange(self._other.wallets)))
            for _, payer in self._in_turn(count)
        ]

    def pay_merchant(self, count: int) -> list[bytes]:
        """All to the one merchant whose wallet is hot."""
        hot = self._own.merchants[0].wallet_id
        return [self._pay(payer, hot) for _, payer in self._in_turn(count)]

    def charge(self, count: int) -> list[bytes]:
        """A merchant charges a code that a payer has just made; the merchants in turn.

        Fewer than `count` where the bank cannot make as many codes in CODES_S.
        """
        shops = itertools.cycle(one for one in self._own.merchants if not one.transit)
        made = []
        for code, shop in zip(self._codes(count), shops, strict=False):
            body = {
                "out_trade_no": str(new_id()),
                "amount": AMOUNT,
                "description": "lunch",
                "payment_code": code,
            }
            headers = {
                **JSON,
                "Authorization": f"Bearer {shop.api_key}",
                "Idempotency-Key": str(new_id()),
            }
            path = "/api/v1/merchant/charges"
            made.append(request("POST", path, self.port, headers, _json(body)))
        return made

    def _codes(self, count: int) -> list[str]:
        until = time.monotonic() + CODES_S
        payers = (payer for _, payer in self._in_turn(count))
        codes: list[str] = []
        with ThreadPoolExecutor(THREADS) as pool:
            while time.monotonic() < until and (
                some := list(itertools.islice(payers, CODES_AT_ONCE))
            ):
                codes += pool.map(lambda payer: payer.payment_code().payment_code, some)
        return codes

    def balance(self, count: int) -> list[bytes]:
        """A wallet as it is now."""
        return [self._get(payer, "") for _, payer in self._in_turn(count)]

    def history(self, count: int) -> list[bytes]:
        """Its newest page."""
        return [
            self._get(payer, f"/transactions?limit={PAGE}") for _, payer in self._in_turn(count)
        ]

    def _in_turn(self, count: int) -> Iterator[tuple[int, WalletClient]]:
        return itertools.islice(itertools.cycle(self._payers), count)

    def _pay(self, payer: WalletClient, payee: str) -> bytes:
        wallet = payer.device.wallet_id
        body = _json({"payer_wallet": wallet, "payee_wallet": payee, "amount": AMOUNT})
        headers = {**JSON, **payer.headers_for("POST", PAYMENTS, body)}
        return request("POST", PAYMENTS, self.port, headers, body)

    def _get(self, payer: WalletClient, below: str) -> bytes:
        headers = {"Accept": "application/json", "Authorization": f"Bearer {payer.access_token()}"}
        path = f"/api/v1/wallets/{payer.device.wallet_id}{below}"
        return request("GET", path, self.port, headers)


class Stock:
    """Users 1 to n of the stock project, with a token and an account each."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        self.port = port
        self._tokens = tokens

    def no_op_request(self) -> bytes:
        """The body of a payment, which comes back."""
        body = {"payer": 1, "payee": 2, "amount": AMOUNT, "memo": ""}
        return request("POST", "/no-op", self.port, JSON, _json(body))

    def no_op(self, count: int) -> list[bytes]:
        """That, over and over."""
        return count * [self.no_op_request()]

    def pay(self, count: int) -> list[bytes]:
        """From the users in turn to any other."""
        users = len(self._tokens)
        made = []
        for number in range(count):
            payer = number % users
            body = {"payer": payer + 1, "payee": _other(payer, users) + 1, "amount": AMOUNT}
            headers = {**JSON, "Authorization": f"Token {self._tokens[payer]}"}
            made.append(request("POST", "/payments", self.port, headers, _json(body)))
        return made


def _other(index: int, count: int) -> int:
    """One of `count`, and not that one."""
    other = random.randrange(count - 1)
    return other + (other >= index)


def _json(body: object) -> bytes:
    return json.dumps(body).encode()
