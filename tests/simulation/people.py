"""Wallet holders of the simulation, and what they mean to do: written down before it is sent."""

import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from cbdc.api.tokens import make_access_token
from cbdc.clock import now
from cbdc.crypto import keys
from cbdc.crypto.http_signatures import HOLDER_COMPONENTS, sign_request
from cbdc.identifiers import new_id, wallet_id
from cbdc.ledger.services import open_accounts
from cbdc.ledger.types import AccountCode, Ledger, NewAccount, Side
from commercial_banks.customers.privacy import look_up_hash
from tests.simulation.institutions import NUMBERS, private_key
from wallets.accounts.models import Device, Wallet

JSON = "application/json"
LIFE_S = 60


@dataclass(frozen=True)
class Holder:
    """A person with one wallet and one device at a bank."""

    bank: str
    wallet_id: str
    deposit_account: str
    device_id: Any
    key: Ed25519PrivateKey

    @classmethod
    def open(cls, bank: str, serial: int, *, phone: str, deposit_account: str) -> "Holder":
        """Open the wallet; this process is the bank."""
        number = wallet_id(NUMBERS[bank], serial)
        wallet = Wallet.objects.create(
            wallet_id=number, phone_hash=look_up_hash(phone), phone_sealed="sealed"
        )
        open_accounts(
            [
                NewAccount(
                    int(number),
                    Ledger.DIGITAL_CURRENCY,
                    AccountCode.WALLET,
                    Side.CREDIT,
                    category=wallet.category,
                )
            ]
        )
        key = private_key(f"device {number}")
        device = Device.objects.create(wallet=wallet, public_key=keys.raw_b64url(key.public_key()))
        return cls(bank, number, deposit_account, device.id, key)

    def post(self, client: Client, path: str, body: dict[str, Any], key: str) -> Any:
        """A signed POST, as API.md says; this process is the holder's bank."""
        content = json.dumps(body).encode()
        token, _ = make_access_token(device_id=self.device_id, holder_id=self.wallet_id)
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
        begins = int(now().timestamp())
        headers |= sign_request(
            method="POST",
            path=path,
            authority="testserver",
            headers={name.lower(): value for name, value in headers.items()},
            body=content,
            key=self.key,
            keyid=str(self.device_id),
            components=HOLDER_COMPONENTS,
            created=begins,
            expires=begins + LIFE_S,
            nonce=None,
        )
        return client.post(path, content, JSON, headers=headers)


@dataclass
class Intent:
    """A payment, top-up or withdrawal that its holder wants once, whatever happens.

    `status` and `body` are the first answer that reached the holder, 0 before that.
    """

    kind: str
    holder: Holder
    path: str
    body: dict[str, Any]
    key: str = field(default_factory=lambda: str(new_id()))
    status: int = 0
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def amount(self) -> int:
        return int(self.body["amount"])

    @property
    def accepted(self) -> bool:
        return self.status == 201

    @property
    def reference(self) -> str:
        """The id that the bank gave to what was accepted."""
        return str(self.answer["payment_id" if self.kind == "payment" else "transaction_id"])
