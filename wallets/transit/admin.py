"""Transit for a bank's staff: journeys put right, charges refunded and given up, what was refused.

No page names a rider: a credential's id is all that operators have.
"""

from collections.abc import Iterable, Sequence

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import (
    REASON_MAX,
    ActingAdmin,
    ReadOnlyAdmin,
    ReasonForm,
    YuanField,
    button,
    key_of,
    once,
    person_of,
    yuan,
)
from commercial_banks.customers.personal import PersonalAdmin
from wallets.transit.models import (
    AskedFare,
    Charge,
    Correction,
    Credential,
    DenyEntry,
    FareRefund,
    FareVersion,
    Operator,
    RatedJourney,
    RefusedTap,
    RiderClass,
)
from wallets.transit.operators import unpaired
from wallets.transit.operators.corrections import staff_correct
from wallets.transit.operators.staff_requests import (
    request_billing,
    request_refund,
    request_write_off,
)
from wallets.transit.riders.classes import KIND, MAY_PROPOSE, propose_class


class PutRightForm(BaseDialogForm):  # type: ignore[misc]
    """Where the missing end was, and how anybody knows."""

    station = forms.CharField(max_length=32, required=False, help_text="Empty: no fare at all.")
    reason = forms.CharField(max_length=200)


class GoodwillForm(BaseDialogForm):  # type: ignore[misc]
    """What to give back, and why: the rider sees the reason."""

    amount = YuanField(label="Amount in yuan")
    reason = forms.CharField(max_length=140)


class BillingForm(ReasonForm):
    """How riders pay, and why that changes."""

    billing = forms.ChoiceField(choices=Operator.Billing.choices)


@admin.register(Operator)
class OperatorAdmin(ActingAdmin):
    """With the taps that stayed alone: which stations' gates lose them, and on which days."""

    list_display = ["merchant", "billing", "since"]
    list_select_related = ["merchant"]
    fields = ["merchant", "billing", "since", "unpaired_by_day", "unpaired_by_station", "refused"]
    readonly_fields = ["unpaired_by_day", "unpaired_by_station", "refused"]
    actions_detail = ["propose_billing"]

    @admin.display(description="Unpaired taps, 14 days")
    @once
    def unpaired_by_day(self, operator: Operator) -> str:
        """Day, still unpaired, put right."""
        rows = unpaired.unpaired_days(operator)
        return _table(
            ("day", "unpaired", "put right"), [(r.day, r.unpaired, r.corrected) for r in rows]
        )

    @admin.display(description="Where, 14 days")
    @once
    def unpaired_by_station(self, operator: Operator) -> str:
        """Station, entries and exits that stayed alone."""
        rows = unpaired.unpaired_stations(operator)
        return _table(
            ("station", "entries", "exits"), [(r.station, r.entries, r.exits) for r in rows]
        )

    @admin.display(description="Refused taps, 14 days")
    @once
    def refused(self, operator: Operator) -> str:
        """Reason and count."""
        return _table(("reason", "taps"), unpaired.refused_taps(operator))

    def has_choose_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person says how an operator bills."""
        return bool(request.user.has_perm("transit.change_operator"))

    @button(
        "Propose other billing",
        may="choose",
        text="Riders pay for a day at once, with its caps, or for each journey, when another "
        "person has approved. Days that were billed stay as they are.",
        form=BillingForm,
    )
    def propose_billing(
        self, request: HttpRequest, form: BillingForm, object_id: str
    ) -> HttpResponse:
        """As the operator asks."""
        billing, reason = form.cleaned_data["billing"], form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: request_billing(
                operator=row, billing=billing, maker=person_of(request), reason=reason
            ),
            f"Proposed to bill by {billing}",
            action="propose_billing",
            reason=reason,
            billing=billing,
        )


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A small table inside a page; a dash when it is empty."""
    cells = format_html_join("", '<th class="pr-6 text-left">{}</th>', [(t,) for t in titles])
    lines = [
        (format_html_join("", '<td class="pr-6">{}</td>', [(cell,) for cell in row]),)
        for row in rows
    ]
    if not lines:
        return "-"
    body = format_html_join("", "<tr>{}</tr>", lines)
    return format_html("<table><tr>{}</tr>{}</table>", cells, body)


@admin.register(FareVersion)
class FareVersionAdmin(ReadOnlyAdmin):
    list_display = ["operator", "version", "effective_from", "put_at"]
    list_filter = ["operator"]
    ordering = ["-effective_from"]


@admin.register(RefusedTap)
class RefusedTapAdmin(ReadOnlyAdmin):
    """What gates uploaded and the bank did not take: wrong clocks, forged credentials."""

    list_display = ["received_at", "tap_id", "code", "detail", "gate_id", "station", "tapped_at"]
    list_filter = ["code"]
    search_fields = ["=tap_id", "=gate_id"]
    ordering = ["-id"]


@admin.register(RatedJourney)
class RatedJourneyAdmin(ActingAdmin):
    """Unpaired taps are the incomplete journeys."""

    list_display = [
        "started_at",
        "credential_id",
        "origin",
        "destination",
        "status",
        yuan("fare"),
        yuan("discount"),
        yuan("charged"),
    ]
    list_filter = ["status", "day"]
    search_fields = ["=journey_id", "=credential_id"]
    ordering = ["-id"]
    fields = [
        "journey_id",
        "credential_id",
        "bank_number",
        "day",
        "started_at",
        "origin",
        "destination",
        "status",
        "in_yuan",
        "why",
        "tap_ids",
        "rated_at",
    ]
    in_yuan = staticmethod(yuan("charged"))
    readonly_fields = ["in_yuan"]
    actions_detail = ["put_right"]

    def has_correct_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person puts journeys right."""
        return bool(request.user.has_perm("transit.add_correction"))

    @button(
        "Put right",
        may="correct",
        text="Say where the other end of an incomplete journey was; its day is rated again.",
        form=PutRightForm,
    )
    def put_right(self, request: HttpRequest, form: PutRightForm, object_id: str) -> HttpResponse:
        """For a tap that stayed alone."""
        station, reason = form.cleaned_data["station"], form.cleaned_data["reason"]
        who = request.user.get_username()
        return self.carry_out(
            request,
            object_id,
            lambda row: staff_correct(row=row, station=station, by=who, reason=reason),
            f"Put right ({station or 'waived'})",
            action="put_journey_right",
            reason=reason,
            station=station,
        )


@admin.register(Correction)
class CorrectionAdmin(ReadOnlyAdmin):
    list_display = ["made_at", "credential_id", "day", "station", "by_rider", "made_by", "reason"]
    list_filter = ["by_rider"]
    search_fields = ["=credential_id", "=tap_id"]
    ordering = ["-id"]


@admin.register(Charge)
class ChargeAdmin(ActingAdmin):
    """Debts are those that are owed; a debt that is given up is the operator's loss."""

    list_display = ["created_at", "operator", "day", yuan("amount"), "state", "code", "settled_at"]
    list_filter = ["state", "operator"]
    list_select_related = ["operator__merchant"]
    search_fields = ["=id", "=credential_id", "=payment_id"]
    ordering = ["-id"]
    fields = [
        "id",
        "operator",
        "credential_id",
        "bank_number",
        "day",
        "journey_id",
        "in_yuan",
        "state",
        "code",
        "payment_id",
        "back",
        "created_at",
        "settled_at",
    ]
    in_yuan = staticmethod(yuan("amount"))
    back = staticmethod(yuan("refunded"))
    readonly_fields = ["in_yuan", "back"]
    actions_detail = ["propose_refund", "propose_write_off"]

    def has_act_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person acts for transit operators."""
        return bool(request.user.has_perm("transit.change_charge"))

    @button(
        "Propose a refund",
        may="act",
        text="From the operator's wallet to the one that paid, when another person has approved; "
        "no rating takes it again.",
        form=GoodwillForm,
    )
    def propose_refund(
        self, request: HttpRequest, form: GoodwillForm, object_id: str
    ) -> HttpResponse:
        """For goodwill."""
        amount, reason = form.cleaned_data["amount"], form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: request_refund(
                charge=row, amount=amount, maker=person_of(request), reason=reason
            ),
            f"Proposed to refund {amount} fen",
            action="propose_refund",
            reason=reason,
            amount=amount,
        )

    @button(
        "Propose to give up",
        may="act",
        text="The debt is booked as the operator's loss, when another person has approved. The "
        "rider stays refused at the gates, and the debt is collected all the same if the money "
        "ever comes.",
    )
    def propose_write_off(
        self, request: HttpRequest, form: ReasonForm, object_id: str
    ) -> HttpResponse:
        """A debt that nobody expects to be paid."""
        reason = form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: request_write_off(charge=row, maker=person_of(request), reason=reason),
            "Proposed to give up",
            action="propose_write_off",
            reason=reason,
        )


@admin.register(FareRefund)
class FareRefundAdmin(ReadOnlyAdmin):
    list_display = ["created_at", yuan("amount"), "status", "reason", "made_by", "code"]
    list_filter = ["status"]
    search_fields = ["=id", "=charge__id", "=payment_id"]
    ordering = ["-id"]


@admin.register(DenyEntry)
class DenyEntryAdmin(ReadOnlyAdmin):
    list_display = ["credential_id", "operator", "denied", "version", "changed_at"]
    list_filter = ["denied"]
    search_fields = ["=credential_id"]
    ordering = ["-version"]


@admin.register(Credential)
class CredentialAdmin(ReadOnlyAdmin):
    list_display = ["id", key_of("wallet"), "rider_class", "expires_at", "revoked_at"]
    search_fields = ["=id", "=wallet__wallet_id"]
    ordering = ["-id"]


@admin.register(AskedFare)
class AskedFareAdmin(PersonalAdmin):
    """What operators asked of this bank's wallets; between which stations is the rider's own."""

    exclude = ["memo"]

    list_display = ["asked_at", "wallet_id", "operator_bank", yuan("amount"), "state", "code"]
    list_filter = ["state", "operator_bank"]
    search_fields = ["=id", "=wallet_id", "=payment_id"]
    ordering = ["-id"]

    def personal_data(self, row: AskedFare) -> dict[str, str]:
        return {"journey": row.memo}


class RiderClassForm(BaseDialogForm):  # type: ignore[misc]
    """Whose proof was seen, of what, and until when it holds."""

    wallet = forms.CharField(max_length=16)
    name = forms.RegexField(r"^[a-z][a-z0-9_-]{0,23}$", help_text="student, senior, …")
    until = forms.DateField(required=False, help_text="2027-08-31; empty: for good")
    reason = forms.CharField(max_length=REASON_MAX, help_text="Which proof was seen")


@admin.register(RiderClass)
class RiderClassAdmin(ActingAdmin):
    """A class stands in the credential from its next renewal on, at the latest a week later."""

    list_display = [key_of("wallet"), "name", "until", "given_by", "given_at"]
    search_fields = ["=wallet__wallet_id"]
    actions_list = ["propose_class"]

    def has_propose_permission(self, request: HttpRequest) -> bool:
        """Whether this person looks at riders' proofs."""
        return bool(request.user.has_perm(MAY_PROPOSE))

    @button(
        "Propose a class",
        may="propose",
        text="Its fares hold from the credential's next renewal on, when another person has "
        "approved.",
        form=RiderClassForm,
    )
    def propose_class(self, request: HttpRequest, form: RiderClassForm) -> HttpResponse:
        given = {name: form.cleaned_data[name] for name in ("wallet", "name", "until", "reason")}
        return self.propose(
            request,
            lambda: propose_class(**given, maker=person_of(request)),
            action=KIND,
            reason=given["reason"],
        )
