"""How a wallet's calls are made: logging in, signing, one Idempotency-Key whatever happens."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cbdc.client.device import Device
from cbdc.client.transport import Answer, ApiProblem, Call, Headers, Transport, pages
from cbdc.crypto.http_signatures import HOLDER_COMPONENTS, SESSION_COMPONENTS, sign_request
from cbdc.identifiers import new_id

SIGNATURE_LIFE_S = 60
WAIT_MAX_S = 10


class WalletCalls:
    """The base of `WalletClient`: what its methods have in common."""

    def __init__(self, base_url: str, device: Device, *, transport: Transport | None = None):
        self.device = device
        self._transport = transport or Transport(base_url)
        self._token: str | None = None

    @property
    def base_url(self) -> str:
        """Where the bank is."""
        return self._transport.base_url

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

    def headers_for(
        self, method: str, path: str, body: bytes, *, idempotency_key: str | None = None
    ) -> dict[str, str]:
        """The headers of one signed request, for whoever sends it by other means (curl)."""
        headers = {
            "Authorization": f"Bearer {self.access_token()}",
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key or str(new_id()),
        }
        call = Call(method, path, self._transport.authority, body)
        return {**headers, **self._sign(call, headers, HOLDER_COMPONENTS)}

    def _move(
        self,
        path: str,
        body: Mapping[str, Any],
        key: str | None,
        *,
        wait_s: int = 0,
        method: str = "POST",
    ) -> Answer:
        """A signed request that moves money, under one Idempotency-Key whatever happens."""
        headers = {"Idempotency-Key": key or str(new_id())}
        if wait_s:
            headers["Prefer"] = f"wait={min(wait_s, WAIT_MAX_S)}"

        def sign(call: Call) -> Headers:
            return self._sign(call, headers, HOLDER_COMPONENTS)

        return self._authorised(
            lambda token: self._transport.request(
                method, path, body=body, headers={**headers, **token}, sign=sign
            )
        )

    def _post(self, path: str, body: Mapping[str, Any], key: str | None = None) -> Answer:
        """A POST that needs no signature; with a key, so that a retry makes nothing twice."""
        headers = {"Idempotency-Key": key or str(new_id())}
        return self._authorised(
            lambda token: self._transport.request(
                "POST", path, body=body, headers={**headers, **token}
            )
        )

    def _delete(self, path: str) -> None:
        key = {"Idempotency-Key": str(new_id())}
        self._authorised(
            lambda token: self._transport.request("DELETE", path, headers={**token, **key})
        )

    def _get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = "application/json"
    ) -> Answer:
        return self._authorised(
            lambda token: self._transport.request(
                "GET", path, query=query, headers=token, accept=accept
            )
        )

    def _pages(self, path: str, query: Headers | None = None) -> Iterator[dict[str, Any]]:
        return pages(lambda asked: self._get(path, asked), query)

    def _sign(
        self, call: Call, headers: Headers, components: tuple[str, ...], nonce: str | None = None
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
