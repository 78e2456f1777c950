"""A view that does nothing, and a payment without a signature, limits, evidence or idempotency."""

from django.db import transaction
from rest_framework import serializers
from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.stock.models import Account, Payment


class NoOp(APIView):
    """JSON in and out, no authentication."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        """What came."""
        return Response(request.data)


class NewPayment(serializers.Serializer[Payment]):
    """What a payer sends."""

    payer = serializers.IntegerField()
    payee = serializers.IntegerField()
    amount = serializers.IntegerField(min_value=1)
    memo = serializers.CharField(max_length=140, required=False, allow_blank=True)


class Shown(serializers.ModelSerializer[Payment]):
    """A payment."""

    class Meta:
        model = Payment
        fields = ("id", "payer", "payee", "amount", "memo", "created_at")


class Payments(APIView):
    """Rows read for update, changed and saved; the stock token of a user."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (IsAuthenticated,)

    def post(self, request: Request) -> Response:
        """Pay."""
        asked = NewPayment(data=request.data)
        asked.is_valid(raise_exception=True)
        what = asked.validated_data
        with transaction.atomic():
            ids = [what["payer"], what["payee"]]
            rows = Account._default_manager.select_for_update().filter(id__in=ids).order_by("id")
            accounts = {account.pk: account for account in rows}
            payer, payee = (accounts.get(number) for number in ids)
            if payer is None or payee is None or payer.owner_id != request.user.pk:
                return Response({"detail": "no such account"}, status=404)
            if payer.balance < what["amount"]:
                return Response({"detail": "insufficient funds"}, status=422)
            payer.balance -= what["amount"]
            payee.balance += what["amount"]
            payer.save()
            payee.save()
            payment = Payment._default_manager.create(
                payer=payer, payee=payee, amount=what["amount"], memo=what.get("memo", "")
            )
        return Response(Shown(payment).data, status=201)
