"""A wallet holder's side of the contract: enrol a device, log in, top up, pay, look back."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cbdc.client.device import Device
from cbdc.client.models import Exchange, Payment, Transaction, Wallet
from cbdc.client.transport import Answer, ApiProblem, Call, Headers, Transport, pages, segment
from cbdc.clock import parse_rfc3339
from cbdc.crypto.http_signatures import HOLDER_COMPONENTS, SESSION_COMPONENTS, sign_request
from cbdc.identifiers import new_id

SIGNATURE_LIFE_S = 60
WAIT_MAX_S = 10


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A one-time password went out for it by SMS."""

    enrolment_id: str
    expires_at: datetime


class WalletClient:
    """One device at one bank. Logs in when it must, and again when the access token expires.

    Every method raises `ApiProblem` when the bank refuses and `Unreachable` when it does not
    answer. A method that moves money makes an Idempotency-Key unless it is given one; a caller
    that must survive its own crash makes the key and keeps it before it calls.
    """

    def __init__(self, base_url: str, device: Device, *, transport: Transport | None = None):
        self.device = device
        self._transport = transport or Transport(base_url)
        self._token: str | None = None

    # --- Who calls ----------------------------------------------------------------------

    def enrol(self, *, device_name: str = "") -> Enrolment:
        """Ask for this device's phone to be enrolled with this device's key."""
        body = {"phone": self.device.phone, "device_public_key": self.device.public_key}
        if device_name:
            body["device_name"] = device_name
        wire = self._transport.request(
            "POST", "/api/v1/enrolments", body=body, headers={"Idempotency-Key": str(new_id())}
        ).body
        return Enrolment(wire["enrolment_id"], parse_rfc3339(wire["expires_at"]))

    def confirm(self, enrolment: Enrolment, otp: str) -> Wallet:
        """Prove the phone by its one-time password; the device then has a wallet."""
        wire = self._transport.request(
            "POST",
            f"/api/v1/enrolments/{segment(enrolment.enrolment_id)}/confirm",
            body={"otp": otp},
            headers={"Idempotency-Key": str(new_id())},
        ).body
        wallet = Wallet.from_wire(wire["wallet"])
        self.device.device_id = wire["device_id"]
        self.device.wallet_id = wallet.wallet_id
        self._token = wire["access_token"]
        return wallet

    def login(self) -> None:
        """A new access token, by the device's signature."""
        device_id = self._device_id()

        def sign(call: Call) -> Headers:
            return self._sign(call, {}, SESSION_COMPONENTS, nonce=secrets.token_urlsafe(16))

        body = {"device_id": device_id}
        wire = self._transport.request("POST", "/api/v1/sessions", body=body, sign=sign).body
        self._token = wire["access_token"]

    def access_token(self) -> str:
        """The access token in use; logs in when there is none."""
        if self._token is None:
            self.login()
        return self._token or ""

    def devices(self) -> list[dict[str, Any]]:
        """The devices of this holder, as the bank lists them."""
        return list(self._pages("/api/v1/devices"))

    def revoke(self, device_id: str) -> None:
        """Shut a device out at once."""
        key = {"Idempotency-Key": str(new_id())}
        path = f"/api/v1/devices/{segment(device_id)}"
        self._authorised(
            lambda token: self._transport.request("DELETE", path, headers={**token, **key})
        )

    # --- Reading ------------------------------------------------------------------------

    def wallets(self) -> list[Wallet]:
        return [Wallet.from_wire(wire) for wire in self._pages("/api/v1/wallets")]

    def wallet(self, wallet_id: str | None = None) -> Wallet:
        """A wallet; the device's own when none is named."""
        return Wallet.from_wire(
            self._get(f"/api/v1/wallets/{segment(self._wallet(wallet_id))}").body
        )

    def payment(self, payment_id: str) -> Payment:
        return Payment.from_wire(self._get(f"/api/v1/payments/{segment(payment_id)}").body)

    def transactions(self, wallet_id: str | None = None, **filters: str) -> Iterator[Transaction]:
        """Newest first, page after page; `filters` as API.md names them."""
        path = f"/api/v1/wallets/{segment(self._wallet(wallet_id))}/transactions"
        for wire in self._pages(path, filters):
            yield Transaction.from_wire(wire)

    def upgrade(
        self,
        category: int,
        *,
        full_name: str,
        id_number: str,
        deposit_account: str | None = None,
        wallet_id: str | None = None,
    ) -> Wallet:
        """Raise a wallet's category against proof of identity; the wallet in its new one."""
        body: dict[str, Any] = {
            "category": category,
            "full_name": full_name,
            "id_number": id_number,
        }
        if deposit_account is not None:
            body["deposit_account"] = deposit_account
        path = f"/api/v1/wallets/{segment(self._wallet(wallet_id))}/upgrade"
        answer = self._authorised(
            lambda token: self._transport.request("POST", path, body=body, headers=token)
        )
        return Wallet.from_wire(answer.body)

    # --- Money --------------------------------------------------------------------------

    def top_up(
        self,
        amount: int,
        deposit_account: str,
        *,
        wallet_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Exchange:
        """Swap `amount` fen of a deposit for e-CNY."""
        return self._exchange("top-ups", amount, deposit_account, wallet_id, idempotency_key)

    def withdraw(
        self,
        amount: int,
        deposit_account: str,
        *,
        wallet_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Exchange:
        """Swap `amount` fen of e-CNY for a deposit."""
        return self._exchange("withdrawals", amount, deposit_account, wallet_id, idempotency_key)

    def pay(
        self,
        payee: str,
        amount: int,
        memo: str = "",
        *,
        wait_s: int = 0,
        payer: str | None = None,
        idempotency_key: str | None = None,
    ) -> Payment:
        """Pay `amount` fen to a wallet of any bank; wait up to `wait_s` for the outcome."""
        body: dict[str, Any] = {
            "payer_wallet": self._wallet(payer),
            "payee_wallet": payee,
            "amount": amount,
        }
        if memo:
            body["memo"] = memo
        prefer = {"Prefer": f"wait={min(wait_s, WAIT_MAX_S)}"} if wait_s else {}
        answer = self._move("/api/v1/payments", body, idempotency_key, prefer)
        return Payment.from_wire(answer.body)

    def await_payment(self, payment_id: str, *, timeout_s: float) -> Payment:
        """Ask until the payment is decided, or the time is over."""
        deadline = time.monotonic() + timeout_s
        while True:
            payment = self.payment(payment_id)
            if payment.status != "pending" or time.monotonic() > deadline:
                return payment
            time.sleep(0.2)

    # --- How ----------------------------------------------------------------------------

    def _exchange(
        self, verb: str, amount: int, account: str, wallet_id: str | None, key: str | None
    ) -> Exchange:
        path = f"/api/v1/wallets/{segment(self._wallet(wallet_id))}/{verb}"
        body = {"amount": amount, "deposit_account": account}
        return Exchange.from_wire(self._move(path, body, key).body)

    def _move(
        self, path: str, body: Mapping[str, Any], key: str | None, extra: Headers | None = None
    ) -> Answer:
        """A signed POST that moves money, under one Idempotency-Key whatever happens."""
        headers = {"Idempotency-Key": key or str(new_id()), **(extra or {})}

        def sign(call: Call) -> Headers:
            return self._sign(call, headers, HOLDER_COMPONENTS)

        return self._authorised(
            lambda token: self._transport.request(
                "POST", path, body=body, headers={**headers, **token}, sign=sign
            )
        )

    def _sign(
        self,
        call: Call,
        headers: Headers,
        components: tuple[str, ...],
        nonce: str | None = None,
    ) -> Headers:
        created = int(time.time())
        return sign_request(
            method=call.method,
            path=call.path,
            authority=call.authority,
            headers={name.lower(): value for name, value in headers.items()},
            body=call.body,
            key=self.device.key,
            keyid=self._device_id(),
            components=components,
            created=created,
            expires=created + SIGNATURE_LIFE_S,
            nonce=nonce,
        )

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        return self._authorised(
            lambda token: self._transport.request("GET", path, query=query, headers=token)
        )

    def _pages(self, path: str, query: Headers | None = None) -> Iterator[dict[str, Any]]:
        return pages(lambda asked: self._get(path, asked), query)

    def _authorised(self, send: Callable[[Headers], Answer]) -> Answer:
        """Send with an access token; an expired one is renewed, once."""
        if self._token is None:
            self.login()
        try:
            return send({"Authorization": f"Bearer {self._token}"})
        except ApiProblem as problem:
            if problem.code != "token_expired":
                raise
        self.login()
        return send({"Authorization": f"Bearer {self._token}"})

    def _device_id(self) -> str:
        if self.device.device_id is None:
            raise ValueError("this device is not enrolled")
        return self.device.device_id

    def _wallet(self, wallet_id: str | None) -> str:
        chosen = wallet_id or self.device.wallet_id
        if chosen is None:
            raise ValueError("this device has no wallet yet")
        return chosen
