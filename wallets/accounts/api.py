"""The holder's calls about enrolment, sessions and devices (API.md, "Wallet holder")."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.pagination import read_page, slice_answer
from cbdc.api.rate_limits import caller_key, rate_limit, take_back
from cbdc.api.schema import Digits, KeyBase64, Phone, Schema, Text, Uuid
from cbdc.api.tokens import make_access_token
from cbdc.api.views import ApiView
from cbdc.clock import rfc3339
from cbdc.crypto.http_signatures import SESSION_COMPONENTS
from cbdc.errors import ErrorCode, Problem
from cbdc.identifiers import parse_uuid
from commercial_banks.customers.privacy import look_up_hash
from wallets import schemas
from wallets.accounts import services
from wallets.accounts.authentication import authenticate, check_signature
from wallets.accounts.models import Device
from wallets.accounts.selectors import wallet_body

E = ErrorCode
ENROLMENT = Schema(
    {
        "phone": Phone(),
        "device_public_key": KeyBase64(),
        "device_name": Text(60, required=False, default=""),
    }
)
CONFIRMATION = Schema({"otp": Digits(services.OTP_DIGITS)})
SESSION = Schema({"device_id": Uuid()})
HOUR_S = 3600
ENROLMENTS_PER_HOUR = 600  # of one address
CONFIRMATIONS_PER_HOUR = 600
WRONG_OTPS_PER_HOUR = 60  # of one address for one phone, whatever enrolments it starts
A_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


class EnrolmentsView(ApiView):
    """POST /enrolments. The Idempotency-Key's scope is the caller's address."""

    @documented(
        "Enrol",
        body=ENROLMENT,
        answer=schemas.ENROLMENT,
        status=201,
        key=True,
        refuses=[E.RATE_LIMITED],
        send={"phone": "+8613800110001", "device_public_key": A_KEY, "device_name": "my phone"},
        example={"enrolment_id": schemas.AN_ID, "expires_at": schemas.LATER},
    )
    def post(self, request: Request) -> HttpResponse:
        rate_limit("enrolments", caller_key(request), ENROLMENTS_PER_HOUR, HOUR_S)

        def action() -> Answer:
            asked = self.json(ENROLMENT)
            # Here, and not before, so that what sent no message does not count.
            phone = caller_key(request, look_up_hash(asked["phone"]))
            rate_limit("otps", phone, settings.OTPS_PER_PHONE_AND_HOUR, HOUR_S)
            enrolment = services.start_enrolment(**asked)
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
        "Confirm an enrolment",
        body=CONFIRMATION,
        answer=schemas.CONFIRMED,
        status=201,
        key=True,
        refuses=[E.NOT_FOUND, E.OTP_WRONG, E.OTP_EXPIRED, E.RATE_LIMITED],
        send={"otp": "123456"},
        example=schemas.CONFIRMED_EXAMPLE,
    )
    def post(self, request: Request, enrolment_id: str) -> HttpResponse:
        rate_limit("confirmations", caller_key(request), CONFIRMATIONS_PER_HOUR, HOUR_S)

        def action() -> Answer:
            otp = self.json(CONFIRMATION)["otp"]
            enrolment = path_id(enrolment_id)
            # Counted as wrong until it is right: many guesses at once are all counted.
            guesser = caller_key(request, services.phone_hash_of(enrolment))
            rate_limit("wrong otps", guesser, WRONG_OTPS_PER_HOUR, HOUR_S)
            outcome = services.confirm_enrolment(enrolment_id=enrolment, otp=otp)
            if isinstance(outcome, Problem):
                return Answer.of(outcome)
            take_back("wrong otps", guesser, HOUR_S)
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

    @documented(
        "Open a session",
        body=SESSION,
        answer=schemas.SESSION,
        signed=True,
        refuses=[E.SIGNATURE_REPLAYED],
        send={"device_id": schemas.AN_ID},
        example=schemas.SESSION_EXAMPLE,
    )
    def post(self, request: Request) -> HttpResponse:
        device_id = self.json(SESSION)["device_id"]
        proof = check_signature(request, device_id, SESSION_COMPONENTS, nonce_required=True)
        token, expires_at = services.open_session(device_id=device_id, proof=proof)
        return render(Answer(200, {"access_token": token, "expires_at": rfc3339(expires_at)}))


class DevicesView(ApiView):
    """GET /devices."""

    @documented(
        "Devices",
        answer=schemas.listing(schemas.DEVICE),
        caller="holder",
        paged=True,
        example=schemas.page_of(schemas.DEVICE_EXAMPLE),
    )
    def get(self, request: Request) -> HttpResponse:
        caller = authenticate(request)
        page = read_page(request)
        devices = Device.objects.filter(wallet_id=caller.wallet_id).order_by("created_at", "id")
        return render(slice_answer(page, list(devices), encode=device_body))


class DeviceView(ApiView):
    """DELETE /devices/{device_id}."""

    @documented("Shut a device out", answer={}, status=204, caller="holder", refuses=[E.NOT_FOUND])
    def delete(self, request: Request, device_id: str) -> HttpResponse:
        caller = authenticate(request)
        services.revoke_device(wallet=caller.wallet_id, device_id=path_id(device_id))
        return HttpResponse(status=204)


def device_body(device: Device) -> dict[str, Any]:
    """The device object of the API."""
    return {
        "device_id": str(device.id),
        "name": device.name,
        "created_at": rfc3339(device.created_at),
        "limited_until": rfc3339(device.limited_until) if device.limited_until else None,
        "revoked_at": rfc3339(device.revoked_at) if device.revoked_at else None,
    }


def path_id(text: str) -> UUID:
    """The UUID in a path.

    Raises:
        Problem: not_found, for what cannot be one.
    """
    try:
        return parse_uuid(text)
    except ValueError as error:
        raise Problem(ErrorCode.NOT_FOUND) from error
