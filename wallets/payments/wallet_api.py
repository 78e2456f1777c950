"""The holder's calls about one wallet's money: its QR code, automatic top-up, closing it."""

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from cbdc.api.answers import Answer, render
from cbdc.api.docs import documented
from cbdc.api.idempotency import idempotent
from cbdc.api.schema import DepositAccount, Schema, refuse
from cbdc.api.views import ApiView
from cbdc.errors import ErrorCode, FieldError
from wallets import schemas
from wallets.accounts.authentication import authenticate, verify_signature
from wallets.accounts.models import Wallet
from wallets.accounts.selectors import own_wallet, wallet_body
from wallets.payments.api import STATES
from wallets.payments.authorisation import Authorisation
from wallets.payments.auto_top_up import switch_off, switch_on
from wallets.payments.closing import close
from wallets.qr import QrCode, QrError, encode

E = ErrorCode
AUTO_TOP_UP = Schema({"deposit_account": DepositAccount()})
CLOSING = Schema({"deposit_account": DepositAccount(required=False)})
ON = {"wallet_id": schemas.A_WALLET, "deposit_account": schemas.AN_ACCOUNT}


class WalletQrView(ApiView):
    """GET /wallets/{wallet_id}/qr: the code to show to who shall pay. It tells no name."""

    @documented(
        "QR code of a wallet",
        answer=schemas.QR,
        caller="holder",
        query={"amount": "fen; without it, the payer chooses"},
        refuses=[E.NOT_FOUND, E.VALIDATION_FAILED, E.INVALID_AMOUNT],
        example={
            "wallet_id": schemas.A_WALLET,
            "amount": 5_00,
            "qr": encode(QrCode(wallet_id=schemas.A_WALLET, amount=5_00)),
        },
    )
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        text = request.query_params.get("amount")
        digits = text is None or (len(text) <= 15 and text.isascii() and text.isdecimal())
        amount = int(text) if text is not None and digits else None
        wallet = own_wallet(caller, wallet_id) if digits else None
        try:
            if wallet is None:
                raise QrError("the amount is not in fen")
            qr = encode(QrCode(wallet_id=wallet.wallet_id, amount=amount))
        except QrError as error:
            raise refuse([FieldError("amount", E.INVALID_AMOUNT.code, str(error))]) from error
        return render(Answer(200, {"wallet_id": wallet.wallet_id, "amount": amount, "qr": qr}))


class AutoTopUpView(ApiView):
    """/wallets/{wallet_id}/auto-top-up: whether a payment's shortfall comes from a deposit."""

    @documented(
        "Automatic top up",
        answer=schemas.AUTO_TOP_UP,
        caller="holder",
        refuses=[E.NOT_FOUND],
        example={**ON, "deposit_account": None},
    )
    def get(self, request: Request, wallet_id: str) -> HttpResponse:
        return render(Answer(200, _auto(own_wallet(authenticate(request), wallet_id))))

    @documented(
        "Switch automatic top up on",
        body=AUTO_TOP_UP,
        answer=schemas.AUTO_TOP_UP,
        caller="holder",
        signed=True,
        key=True,
        refuses=[E.NOT_FOUND, *STATES],
        send={"deposit_account": schemas.AN_ACCOUNT},
        example=ON,
    )
    def put(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        verify_signature(request, caller)

        def action() -> Answer:
            number = self.json(AUTO_TOP_UP)["deposit_account"]
            wallet = own_wallet(caller, wallet_id)
            return Answer(200, _auto(switch_on(wallet=wallet, deposit_account=number)))

        return idempotent(request, caller=caller.name, action=action)

    @documented(
        "Switch automatic top up off",
        answer={},
        status=204,
        caller="holder",
        refuses=[E.NOT_FOUND],
    )
    def delete(self, request: Request, wallet_id: str) -> HttpResponse:
        wallet = own_wallet(authenticate(request), wallet_id)
        with transaction.atomic():
            switch_off(wallet=wallet)
        return HttpResponse(status=204)


class CloseView(ApiView):
    """POST /wallets/{wallet_id}/close."""

    @documented(
        "Close a wallet",
        body=CLOSING,
        answer=schemas.WALLET,
        caller="holder",
        signed=True,
        key=True,
        refuses=[E.NOT_FOUND, *STATES, E.BALANCE_LIMIT_EXCEEDED],
        send={"deposit_account": schemas.AN_ACCOUNT},
        example={
            **schemas.WALLET_EXAMPLE,
            "status": "closed",
            "balance": 0,
            "closed_at": schemas.A_MOMENT,
        },
    )
    def post(self, request: Request, wallet_id: str) -> HttpResponse:
        caller = authenticate(request)
        proof = verify_signature(request, caller)

        def action() -> Answer:
            number = self.optional_json(CLOSING)["deposit_account"]
            closed = close(
                wallet=own_wallet(caller, wallet_id),
                deposit_account=number,
                by=Authorisation.of(caller, proof),
            )
            return Answer(200, wallet_body(closed))

        return idempotent(request, caller=caller.name, action=action)


def _auto(wallet: Wallet) -> dict[str, str | None]:
    return {"wallet_id": wallet.wallet_id, "deposit_account": wallet.top_up_from or None}
