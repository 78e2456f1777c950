"""The Authorization header: `cbdc.api.tokens`."""

from datetime import UTC, datetime
from uuid import UUID

from django.test import RequestFactory

from cbdc.api.tokens import bearer_credential, make_access_token, read_access_token
from cbdc.clock import injected
from cbdc.errors import ErrorCode, Problem

AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
DEVICE, HOLDER = UUID("01890a5d-ac96-774b-bcce-b302099a8057"), "0011000000000017"
REFUSALS = {ErrorCode.AUTHENTICATION_REQUIRED, ErrorCode.TOKEN_EXPIRED}
REQUESTS = RequestFactory()


def run(data: bytes) -> bool:
    request = REQUESTS.get("/", headers={"Authorization": data.decode("latin-1")})
    try:
        with injected(lambda: AT):
            credential = bearer_credential(request)
            read = read_access_token(credential)
    except Problem as problem:
        assert problem.error in REFUSALS, problem.error
        return False
    again, _ = make_access_token(
        device_id=read.device_id, holder_id=read.holder_id, expires_at=read.expires_at
    )
    assert again == credential
    assert (read.device_id, read.holder_id) == (DEVICE, HOLDER), "a forged token"
    return True


def seeds() -> dict[str, bytes]:
    with injected(lambda: AT):
        token, _ = make_access_token(device_id=DEVICE, holder_id=HOLDER)
        over, _ = make_access_token(device_id=DEVICE, holder_id=HOLDER, expires_at=AT)
    return {
        "token": f"Bearer {token}".encode(),
        "lower": f"bearer   {token} ".encode(),
        "over": f"Bearer {over}".encode(),
        "key": b"Bearer sk_live_0000000000000000000000000000000000000000000",
    }
