"""A wallet holder's side of the contract: every call of API.md, and what the bank adds to it."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cbdc.client.models import (
    Exchange,
    Payment,
    PaymentCode,
    PaymentRequest,
    RegisteredDevice,
    Transaction,
    Wallet,
)
from cbdc.client.transit_models import Journey, TransitCredential
from cbdc.client.transport import CSV, segment
from cbdc.client.wallet_calls import WalletCalls
from cbdc.clock import parse_rfc3339
from cbdc.identifiers import new_id

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A one-time password went out for it by SMS."""

    enrolment_id: str
    expires_at: datetime


class WalletClient(WalletCalls):
    """One device at one bank. Logs in when it must, and again when the access token expires.

    Every method raises `ApiProblem` when the bank refuses and `Unreachable` when it does not
    answer. A method that moves money makes an Idempotency-Key unless it is given one; a caller
    that must survive its own crash makes the key and keeps it before it calls. Where a wallet
    is not named, it is the device's own. Amounts are fen.
    """

    # --- Enrolment and devices ----------------------------------------------------------

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

    def devices(self) -> list[RegisteredDevice]:
        """The devices of this holder, as the bank lists them, lost ones too."""
        return [RegisteredDevice.from_wire(wire) for wire in self._pages("/api/v1/devices")]

    def revoke(self, device_id: str) -> None:
        """Shut a device out at once."""
        self._delete(f"/api/v1/devices/{segment(device_id)}")

    # --- Wallets ------------------------------------------------------------------------

    def wallets(self) -> list[Wallet]:
        """The holder's wallet, its sub-wallets, and those of firms that the holder operates."""
        return [Wallet.from_wire(wire) for wire in self._pages("/api/v1/wallets")]

    def wallet(self, wallet_id: str | None = None) -> Wallet:
        """A wallet, as it is now."""
        return Wallet.from_wire(self._get(self._path(wallet_id)).body)

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
        return Wallet.from_wire(self._post(self._path(wallet_id, "upgrade"), body).body)

    def open_sub_wallet(
        self,
        name: str,
        *,
        limits: Mapping[str, int] | None = None,
        merchant_id: str | None = None,
        wallet_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Wallet:
        """Open a wallet under this one, with limits of its own (`{"daily": 50_00}`).

        With a `merchant_id` it pays that merchant alone.
        """
        body: dict[str, Any] = {"name": name}
        if limits is not None:
            body["limits"] = dict(limits)
        if merchant_id is not None:
            body["merchant_id"] = merchant_id
        path = self._path(wallet_id, "sub-wallets")
        return Wallet.from_wire(self._post(path, body, idempotency_key).body)

    def freeze(self, wallet_id: str | None = None) -> Wallet:
        """Let nothing leave or enter the wallet and its sub-wallets, from now on."""
        return Wallet.from_wire(self._post(self._path(wallet_id, "freeze"), {}).body)

    def unfreeze(self, wallet_id: str | None = None) -> Wallet:
        """Lift the holder's own freeze."""
        return Wallet.from_wire(self._move(self._path(wallet_id, "unfreeze"), {}, None).body)

    def close(
        self,
        deposit_account: str | None = None,
        *,
        wallet_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Wallet:
        """Pay the balance out and close the wallet for good.

        The money goes to the deposit account; that of a sub-wallet, without one, to its parent.
        """
        body = {} if deposit_account is None else {"deposit_account": deposit_account}
        path = self._path(wallet_id, "close")
        return Wallet.from_wire(self._move(path, body, idempotency_key).body)

    def qr(self, amount: int | None = None, *, wallet_id: str | None = None) -> str:
        """The EMVCo payload to show to who shall pay; without an amount the payer chooses."""
        query = {} if amount is None else {"amount": str(amount)}
        return str(self._get(self._path(wallet_id, "qr"), query).body["qr"])

    def auto_top_up(self, *, wallet_id: str | None = None) -> str | None:
        """The deposit account that a payment's shortfall comes from; None while it is off."""
        account: str | None = self._get(self._path(wallet_id, "auto-top-up")).body[
            "deposit_account"
        ]
        return account

    def switch_auto_top_up_on(self, deposit_account: str, *, wallet_id: str | None = None) -> None:
        """From now on take what a payment lacks from that account of the holder's."""
        body = {"deposit_account": deposit_account}
        self._move(self._path(wallet_id, "auto-top-up"), body, None, method="PUT")

    def switch_auto_top_up_off(self, *, wallet_id: str | None = None) -> None:
        """No more of it."""
        self._delete(self._path(wallet_id, "auto-top-up"))

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
        return self._pay(
            {"payee_wallet": payee, "amount": amount}, memo, payer, wait_s, idempotency_key
        )

    def pay_qr(
        self,
        qr: str,
        amount: int | None = None,
        memo: str = "",
        *,
        wait_s: int = 0,
        payer: str | None = None,
        idempotency_key: str | None = None,
    ) -> Payment:
        """Pay what a scanned QR code asks for; `amount` where it leaves that open."""
        what: dict[str, Any] = {"qr": qr}
        if amount is not None:
            what["amount"] = amount
        return self._pay(what, memo, payer, wait_s, idempotency_key)

    def payment(self, payment_id: str) -> Payment:
        """A payment that one of the holder's wallets made or got."""
        return Payment.from_wire(self._get(f"/api/v1/payments/{segment(payment_id)}").body)

    def await_payment(self, payment_id: str, *, timeout_s: float) -> Payment:
        """Ask until the payment is decided, or the time is over."""
        deadline = time.monotonic() + timeout_s
        while True:
            payment = self.payment(payment_id)
            if payment.status != "pending" or time.monotonic() > deadline:
                return payment
            time.sleep(POLL_S)

    def payment_code(
        self, *, wallet_id: str | None = None, idempotency_key: str | None = None
    ) -> PaymentCode:
        """A code to show to a merchant, good for 60 s and one charge."""
        body = {"wallet_id": self._wallet(wallet_id)}
        return PaymentCode.from_wire(
            self._move("/api/v1/payment-codes", body, idempotency_key).body
        )

    # --- Asking for money ---------------------------------------------------------------

    def request_payment(
        self,
        payer: str,
        amount: int,
        memo: str = "",
        *,
        expires_in_s: int | None = None,
        payee: str | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentRequest:
        """Ask the holder of a wallet, at any bank, for `amount` fen."""
        body: dict[str, Any] = {
            "payee_wallet": self._wallet(payee),
            "payer_wallet": payer,
            "amount": amount,
        }
        if memo:
            body["memo"] = memo
        if expires_in_s is not None:
            body["expires_in"] = expires_in_s
        answer = self._post("/api/v1/payment-requests", body, idempotency_key)
        return PaymentRequest.from_wire(answer.body)

    def payment_requests(self, role: str | None = None) -> Iterator[PaymentRequest]:
        """Requests to the holder (`role="payer"`), by the holder (`"payee"`), or both."""
        query = {} if role is None else {"role": role}
        for wire in self._pages("/api/v1/payment-requests", query):
            yield PaymentRequest.from_wire(wire)

    def payment_request(self, request_id: str) -> PaymentRequest:
        """One request, on either side of it."""
        return PaymentRequest.from_wire(self._get(_request(request_id)).body)

    def accept_request(
        self, request_id: str, *, wait_s: int = 0, idempotency_key: str | None = None
    ) -> Payment:
        """Pay what was asked for."""
        path = f"{_request(request_id)}/accept"
        return Payment.from_wire(self._move(path, {}, idempotency_key, wait_s=wait_s).body)

    def decline_request(self, request_id: str) -> PaymentRequest:
        """Say no to a request."""
        return PaymentRequest.from_wire(self._post(f"{_request(request_id)}/decline", {}).body)

    def cancel_request(self, request_id: str) -> PaymentRequest:
        """Take an own request back."""
        return PaymentRequest.from_wire(self._post(f"{_request(request_id)}/cancel", {}).body)

    # --- Transit ------------------------------------------------------------------------

    def transit_credential(
        self, wallet_id: str | None = None, *, idempotency_key: str | None = None
    ) -> TransitCredential:
        """What this device shows to gates, fresh; fetch it again well before it expires."""
        path = self._path(wallet_id, "transit-credentials")
        return TransitCredential.from_wire(self._post(path, {}, idempotency_key).body)

    def journeys(self, wallet_id: str | None = None) -> Iterator[Journey]:
        """Newest first, page after page, with operators of any bank."""
        return map(Journey.from_wire, self._pages(self._path(wallet_id, "journeys")))

    def correct_journey(
        self,
        wallet_id: str | None,
        journey_id: str,
        *,
        station: str,
        idempotency_key: str | None = None,
    ) -> Journey:
        """Say at which station the missing end of an incomplete journey was, three a month."""
        path = self._path(wallet_id, f"journeys/{segment(journey_id)}/correction")
        return Journey.from_wire(self._post(path, {"station": station}, idempotency_key).body)

    # --- Looking back -------------------------------------------------------------------

    def transactions(self, wallet_id: str | None = None, **filters: str) -> Iterator[Transaction]:
        """Newest first, page after page; `filters` as API.md names them."""
        for wire in self._pages(self._path(wallet_id, "transactions"), filters):
            yield Transaction.from_wire(wire)

    def statement(self, wallet_id: str | None = None, **period: str) -> str:
        """CSV with opening and closing balance; `period` is `{"from": …, "to": …}`."""
        return self._get(self._path(wallet_id, "statement"), period, accept=CSV).text

    def export(self) -> dict[str, Any]:
        """All that the bank has about the holder."""
        return self._get("/api/v1/export").body

    # --- How ----------------------------------------------------------------------------

    def _path(self, wallet_id: str | None, verb: str = "") -> str:
        path = f"/api/v1/wallets/{segment(self._wallet(wallet_id))}"
        return f"{path}/{verb}" if verb else path

    def _exchange(
        self, verb: str, amount: int, account: str, wallet_id: str | None, key: str | None
    ) -> Exchange:
        body = {"amount": amount, "deposit_account": account}
        return Exchange.from_wire(self._move(self._path(wallet_id, verb), body, key).body)

    def _pay(
        self,
        what: Mapping[str, Any],
        memo: str,
        payer: str | None,
        wait_s: int,
        key: str | None,
    ) -> Payment:
        body: dict[str, Any] = {"payer_wallet": self._wallet(payer), **what}
        if memo:
            body["memo"] = memo
        return Payment.from_wire(self._move("/api/v1/payments", body, key, wait_s=wait_s).body)


def _request(request_id: str) -> str:
    return f"/api/v1/payment-requests/{segment(request_id)}"
