"""How the calls of a secret key are made: the key with each, one Idempotency-Key where needed."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from cbdc.client.transport import JSON, Answer, Transport, pages
from cbdc.client.wallet_calls import WAIT_MAX_S
from cbdc.identifiers import new_id


class KeyCalls:
    """The base of `MerchantClient` and `OperatorClient`: what their methods have in common.

    Paths are below `PREFIX`.
    """

    PREFIX: ClassVar[str]

    def __init__(self, base_url: str, api_key: str, *, transport: Transport | None = None) -> None:
        self._transport = transport or Transport(base_url)
        self._authorization = {"Authorization": f"Bearer {api_key}"}

    @property
    def base_url(self) -> str:
        """Of the bank that is called."""
        return self._transport.base_url

    def _post(
        self, path: str, body: Mapping[str, Any], key: str | None = None, *, wait_s: int = 0
    ) -> Answer:
        headers = {**self._authorization, "Idempotency-Key": key or str(new_id())}
        if wait_s:
            headers["Prefer"] = f"wait={min(wait_s, WAIT_MAX_S)}"
        return self._transport.request("POST", self.PREFIX + path, body=body, headers=headers)

    def _get(
        self, path: str, query: Mapping[str, str] | None = None, *, accept: str = JSON
    ) -> Answer:
        return self._send("GET", path, query=query, accept=accept)

    def _pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        return pages(lambda asked: self._get(path, asked), query)

    def _send(self, method: str, path: str, **options: Any) -> Answer:
        """A request that needs no Idempotency-Key."""
        return self._transport.request(
            method, self.PREFIX + path, headers=self._authorization, **options
        )
