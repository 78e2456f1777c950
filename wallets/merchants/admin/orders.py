"""Orders, refunds and returns: looked up by any of their numbers; refunded and tried again."""

from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import ActingAdmin, YuanField, button, person_of, yuan
from wallets.merchants.models import Order, Refund, Return
from wallets.merchants.returns import try_again
from wallets.merchants.staff_refunds import request_refund


class RefundForm(BaseDialogForm):  # type: ignore[misc]
    """What to give back, and why: the payer sees the reason."""

    amount = YuanField(label="Amount in yuan")
    reason = forms.CharField(max_length=140)


@admin.register(Order)
class OrderAdmin(ActingAdmin):
    list_display = [
        "created_at",
        "merchant",
        "out_trade_no",
        yuan("amount"),
        "status",
        yuan("refunded"),
        "paid_at",
    ]
    list_filter = ["status"]
    list_select_related = ["merchant"]
    search_fields = ["=id", "=out_trade_no", "=payment_id"]
    ordering = ["-id"]
    fields = [
        "id",
        "merchant",
        "shop",
        "terminal",
        "out_trade_no",
        "description",
        "status",
        "in_yuan",
        "back",
        "on_its_way",
        "kept",
        "payment_id",
        "payee_wallet",
        "code",
        "detail",
        "created_at",
        "expires_at",
        "paid_at",
        "closed_at",
    ]
    in_yuan = staticmethod(yuan("amount"))
    back = staticmethod(yuan("refunded"))
    on_its_way = staticmethod(yuan("refunding"))
    kept = staticmethod(yuan("fee"))
    readonly_fields = ["in_yuan", "back", "on_its_way", "kept"]
    actions_detail = ["propose_refund"]

    def has_refund_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person refunds for merchants."""
        return bool(request.user.has_perm("merchants.add_refund"))

    @button(
        "Propose a refund",
        may="refund",
        text="From the merchant's wallet to the one that paid, as if it had asked, when another "
        "person has approved.",
        form=RefundForm,
    )
    def propose_refund(
        self, request: HttpRequest, form: RefundForm, object_id: str
    ) -> HttpResponse:
        """For a merchant that asked for it."""
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: request_refund(
                order=row, amount=amount, maker=person_of(request), reason=reason
            ),
            f"Proposed to refund {amount} fen",
            action="propose_refund",
            reason=reason,
            amount=amount,
        )


@admin.register(Refund)
class RefundAdmin(ActingAdmin):
    list_display = ["created_at", "out_refund_no", "order", yuan("amount"), "status", "code"]
    list_filter = ["status"]
    list_select_related = ["order"]
    search_fields = ["=id", "=out_refund_no", "=payment_id", "=order__out_trade_no"]
    ordering = ["-id"]
    exclude = ["due_at"]


@admin.register(Return)
class ReturnAdmin(ActingAdmin):
    """Money that was not to come. One that was given up can be tried again."""

    list_display = ["created_at", "merchant", yuan("amount"), "cause", "status", "attempts", "code"]
    list_filter = ["status", "cause"]
    list_select_related = ["merchant"]
    search_fields = ["=id", "=payment_id"]
    ordering = ["-id"]
    actions = ["try_again"]

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Whether this person has returns tried again."""
        return bool(request.user.has_perm("merchants.change_return"))

    @admin.action(description="Try again what was given up", permissions=["send"])
    def try_again(self, request: HttpRequest, rows: QuerySet[Return]) -> None:
        """Each try is a payment of its own, so what arrived after all is not sent twice."""

        def again(chosen: QuerySet[Return]) -> str:
            ids: list[UUID] = list(chosen.values_list("id", flat=True))
            number = sum(try_again(return_id=return_id) for return_id in ids)
            return f"{number} returns are tried again."

        self.carry_out_chosen(request, rows, "try_return_again", again)
