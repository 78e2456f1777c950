"""What the tests of the API share."""

import json
from typing import Any

from cbdc import identifiers

PAYEE = identifiers.wallet_id("0011", 7)


def code_of(response: Any) -> str:
    """The code of a problem, after checking that it has the one shape of an error."""
    assert response["Content-Type"] == "application/problem+json"
    body = json.loads(response.content)
    assert set(body) - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert body["status"] == response.status_code
    assert "secret" not in response.content.decode()
    assert "Traceback" not in response.content.decode()
    return str(body["code"])
