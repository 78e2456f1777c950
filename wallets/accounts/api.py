"""The holder's calls about wallets, devices and sessions (API.md, "Wallet holder")."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.rate_limits import caller_key, rate_limit
from cbdc.api.schema import DepositAccount, Digits, Integer, KeyBase64, Phone, Schema, Text, Uuid
from cbdc.api.tokens import make_access_token
from cbdc.api.views import ApiView
from cbdc.clock import rfc3339
from cbdc.crypto.http_signatures import SESSION_COMPONENTS
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import parse_uuid
from wallets import schemas
from wallets.accounts import services
from wallets.accounts.authentication import authenticate, check_signature
from wallets.accounts.models import Device
from wallets.accounts.selectors import own_wallet, own_wallets, wallet_body
from wallets.accounts.upgrade import upgrade

ENROLMENT = Schema(
    {
        "phone": Phone(),
        "device_public_key": KeyBase64(),
        "device_name": Text(60, required=False, default=""),
    }
)
CONFIRMATION = Schema({"otp": Digits(services.OTP_DIGITS)})
SESSION = Schema({"device_id": Uuid()})
UPGRADE = Schema(
    {
        "category": Integer(2, 3),
        "full_name": Text(60),
        "id_number": Text(18),
        "deposit_account": DepositAccount(required=False),
    }
)
ENROLMENTS_PER_HOUR = 600  # per address
CONFIRMATIONS_PER_HOUR = 600


class EnrolmentsView(ApiView):
    """POST /enrolments. The Idempotency-Key's scope is the caller's address."""

    @documented("Enrol", body=ENROLMENT, answer=schemas.ENROLMENT, status=201, key=True)
    def post(self, request: Request) -> HttpResponse:
        rate_limit("enrolments", caller_key(request), ENROLMENTS_PER_HOUR, 3600)

        def action() -> Answer:
            enrolment = services.start_enrolment(**self.json(ENROLMENT))
            return Answer(
                201,
                {
                    "enrolment_id": str(enrolment.id),
                    "expires_at": rfc3339(enrolment.expires_at),
                },
            )

        return idempotent(request, caller=caller_key(request, "enrolment"), action=action)


class ConfirmationView(ApiView):
    """POST /enrolments/{id}/confirm."""

    @documented(
        "Confirm an enrolment", body=CONFIRMATION, answer=schemas.CONFIRMED, status=201, key=True
    )
    def post(self, request: Request, enrolment_id: str) -> HttpResponse:
        rate_limit("confirmations", caller_key(request), CONFIRMATIONS_PER_HOUR, 3600)

        def action() -> Answer:
            otp = self.json(CONFIRMATION)["otp"]
            outcome = services.confirm_enrolment(enrolment_id=_id(enrolment_id), otp=otp)
            if isinstance(outcome, Problem):
                return Answer.of(outcome)
            token, expires_at = make_access_token(device_id=outcome.id, holder_id=outcome.wallet_id)
            return Answer(
                201,
                {
                    "wallet": wallet_body(outcome.wallet),
                    "device_id": str(outcome.id),
                    "access_token": token,
                    "expires_at": rfc3339(expires_at),
                },
            )

        return idempotent(request, caller=caller_key(request, "enrolment"), action=action)


class SessionsView(ApiView):
    """POST /sessions: a device signs, and gets an access token."""

    @documented("Open a session", body=SESSION, answer=schemas.SESSION)
    def post(self, request: Request) -> HttpResponse:
        device_id = self.json(SESSION)["device_id"]
        proof = check_signature(request, device_id, SESSION_COMPONENTS, nonce_required=True)
        token, expires_at = services.open_session(device_id=device_id, proof=proof)
        return render(Answer(200, {"access_token": token, "expires_at": rfc3339(expires_at)}))


class WalletsView(ApiView):
    """GET /wallets."""

    @documented("Wallets", answer=schemas.listing(schemas.WALLET))
    def get(self, request: Request) -> HttpResponse:
        wallets = own_wallets(authenticate(request))
        body = {"data": [wallet_body(wallet) for wallet in wallets], "next_cursor": None}
        return render(Answer(200, body))


class WalletView(ApiView):
    """GET /wallets/{wallet_id}."""

    @documented("A wallet", answer=schemas.WALLET)
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        wallet = own_wallet(authenticate(request), wallet_id)
        return render(Answer(200, wallet_body(wallet)))


class UpgradeView(ApiView):
    """POST /wallets/{wallet_id}/upgrade. Repeating it changes nothing, so a key is not needed."""

    @documented("Upgrade a wallet", body=UPGRADE, answer=schemas.WALLET)
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        wallet = own_wallet(authenticate(request), wallet_id)
        with transaction.atomic():
            upgraded = upgrade(wallet=wallet, **self.json(UPGRADE))
        return render(Answer(200, wallet_body(upgraded)))


class DevicesView(ApiView):
    """GET /devices."""

    @documented("Devices", answer=schemas.listing(schemas.DEVICE))
    def get(self, request: Request) -> HttpResponse:
        caller = authenticate(request)
        devices = Device.objects.filter(wallet_id=caller.wallet_id).order_by("created_at", "id")
        body = {"data": [_device(device) for device in devices], "next_cursor": None}
        return render(Answer(200, body))


class DeviceView(ApiView):
    """DELETE /devices/{device_id}."""

    @documented("Shut a device out", answer={}, status=204)
    def delete(self, request: Request, device_id: str) -> HttpResponse:
        caller = authenticate(request)
        services.revoke_device(wallet=caller.wallet_id, device_id=_id(device_id))
        return HttpResponse(status=204)


def _device(device: Device) -> dict[str, Any]:
    return {
        "device_id": str(device.id),
        "name": device.name,
        "created_at": rfc3339(device.created_at),
        "limited_until": rfc3339(device.limited_until) if device.limited_until else None,
        "revoked_at": rfc3339(device.revoked_at) if device.revoked_at else None,
    }


def _id(text: str) -> UUID:
    try:
        return parse_uuid(text)
    except ValueError as error:
        raise Problem(ErrorCode.NOT_FOUND) from error
