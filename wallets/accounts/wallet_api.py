"""The holder's calls about their wallets: look, upgrade, divide, freeze."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.pagination import read_page, slice_answer
from cbdc.api.parsing import plain_request
from cbdc.api.quick import was_tried
from cbdc.api.rate_limits import caller_key, rate_limit
from cbdc.api.schema import DepositAccount, Integer, Object, Schema, Text, Uuid
from cbdc.api.tokens import bearer_credential, read_access_token
from cbdc.api.views import ApiView
from cbdc.errors import ErrorCode
from cbdc.money import AMOUNT_MAX
from wallets import schemas
from wallets.accounts.authentication import authenticate, verify_signature
from wallets.accounts.models import Wallet
from wallets.accounts.selectors import (
    own_wallet,
    own_wallets,
    wallet_body,
    wallet_body_at_once,
)
from wallets.accounts.states import freeze, unfreeze
from wallets.accounts.sub_wallets import open_sub_wallet
from wallets.accounts.upgrade import upgrade

E = ErrorCode
UPGRADE = Schema(
    {
        "category": Integer(2, 3),
        "full_name": Text(60),
        "id_number": Text(18),
        "deposit_account": DepositAccount(required=False),
    }
)
SUB_WALLET = Schema(
    {
        "name": Text(60),
        "limits": Object(
            Schema(
                {
                    name: Integer(1, AMOUNT_MAX, required=False)
                    for name in ("balance", "per_payment", "daily", "annual")
                }
            ),
            required=False,
        ),
        "merchant_id": Uuid(required=False),
    }
)
EMPTY = Schema({})
UPGRADES_PER_HOUR = 120  # of one holder: identity numbers are not to be guessed
STATES = [E.WALLET_FROZEN, E.WALLET_CLOSED]
FROZEN = {**schemas.WALLET_EXAMPLE, "status": "frozen", "frozen_by": "holder"}


class WalletsView(ApiView):
    """GET /wallets."""

    @documented(
        "Wallets",
        answer=schemas.listing(schemas.WALLET),
        caller="holder",
        paged=True,
        example=schemas.page_of(schemas.WALLET_EXAMPLE),
    )
    def get(self, request: Request) -> HttpResponse:
        caller = authenticate(request)
        page = read_page(request)
        return render(slice_answer(page, own_wallets(caller), encode=wallet_body))


def look_at_once(request: HttpRequest | Request) -> HttpResponse | None:
    """Answer GET /wallets/{wallet_id} if the wallet is the device's own.

    None: it is not, or the device is not in use.

    Raises:
        Problem: authentication_required, token_expired.
    """
    token = read_access_token(bearer_credential(request))
    body = wallet_body_at_once(token, plain_request(request).path_info.rpartition("/")[2])
    return None if body is None else render(Answer(200, body))


class WalletView(ApiView):
    """GET /wallets/{wallet_id}."""

    @documented(
        "A wallet",
        answer=schemas.WALLET,
        caller="holder",
        refuses=[E.NOT_FOUND],
        example=schemas.WALLET_EXAMPLE,
    )
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        if not was_tried(request) and (seen := look_at_once(request)) is not None:
            return seen
        return render(Answer(200, wallet_body(own_wallet(authenticate(request), wallet_id))))


class UpgradeView(ApiView):
    """POST /wallets/{wallet_id}/upgrade. Repeating it changes nothing, so a key is not needed."""

    @documented(
        "Upgrade a wallet",
        body=UPGRADE,
        answer=schemas.WALLET,
        caller="holder",
        refuses=[E.NOT_FOUND, E.KYC_MISMATCH, E.RATE_LIMITED, *STATES],
        send={
            "category": 3,
            "full_name": "Harbor Bank Customer 01",
            "id_number": "11010119900101221X",
        },
        example={**schemas.WALLET_EXAMPLE, "category": 3},
    )
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        rate_limit("upgrades", caller_key(request, caller.wallet_id), UPGRADES_PER_HOUR, 3600)
        values = self.json(UPGRADE)
        wallet = own_wallet(caller, wallet_id)
        with transaction.atomic():
            upgraded = upgrade(wallet=wallet, **values)
        return render(Answer(200, wallet_body(upgraded)))


class SubWalletsView(ApiView):
    """POST /wallets/{wallet_id}/sub-wallets."""

    @documented(
        "Open a sub wallet",
        body=SUB_WALLET,
        answer=schemas.WALLET,
        status=201,
        key=True,
        caller="holder",
        refuses=[E.NOT_FOUND, E.UNKNOWN_PAYEE, *STATES],
        send={"name": "metro", "limits": {"balance": 200_00, "daily": 50_00}},
        example={
            **schemas.WALLET_EXAMPLE,
            "wallet_id": "0011000000000023",
            "parent": schemas.A_WALLET,
            "name": "metro",
            "balance": 0,
        },
    )
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)

        def action() -> Answer:
            values = self.json(SUB_WALLET)
            merchant_id = values["merchant_id"]
            asked = values["limits"] or {}
            opened = open_sub_wallet(
                parent=own_wallet(caller, wallet_id),
                name=values["name"],
                limits={name: limit for name, limit in asked.items() if limit is not None},
                merchant_id=str(merchant_id) if merchant_id is not None else None,
            )
            return Answer(201, wallet_body(opened))

        return idempotent(request, caller=caller.name, action=action)


class FreezeView(ApiView):
    """POST /wallets/{wallet_id}/freeze: at once and without a signature, for whoever is robbed."""

    @documented(
        "Freeze a wallet",
        answer=schemas.WALLET,
        caller="holder",
        body=EMPTY,
        refuses=[E.NOT_FOUND, E.WALLET_CLOSED],
        example=FROZEN,
    )
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        self.optional_json(EMPTY)
        wallet = own_wallet(caller, wallet_id)
        with transaction.atomic():
            frozen = freeze(wallet=wallet, by=Wallet.FrozenBy.HOLDER)
        return render(Answer(200, wallet_body(frozen)))


class UnfreezeView(ApiView):
    """POST /wallets/{wallet_id}/unfreeze: signed, for it lets money move again."""

    @documented(
        "Unfreeze a wallet",
        answer=schemas.WALLET,
        caller="holder",
        signed=True,
        key=True,
        body=EMPTY,
        refuses=[E.NOT_FOUND, E.PERMISSION_DENIED, *STATES],
        example=schemas.WALLET_EXAMPLE,
    )
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        verify_signature(request, caller)

        def action() -> Answer:
            self.optional_json(EMPTY)
            wallet = own_wallet(caller, wallet_id)
            return Answer(200, wallet_body(unfreeze(wallet=wallet, by=Wallet.FrozenBy.HOLDER)))

        return idempotent(request, caller=caller.name, action=action)
