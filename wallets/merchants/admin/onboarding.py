"""Taking merchants on, and changing their terms: one proposes, another one decides."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from cbdc.admin_pages import ActingAdmin, ReasonForm, YuanField, button, operators_phone
from wallets.merchants.models import Application
from wallets.merchants.onboarding import approve, propose_merchant, turn_down


class FeeFields(forms.Form):
    """What a merchant pays of each order."""

    fee_basis_points = forms.IntegerField(
        min_value=0, max_value=10_000, initial=0, help_text="100 are 1 % of an order"
    )
    fee_floor = YuanField(label="Fee at least, in yuan", required=False)
    fee_cap = YuanField(label="Fee at most, in yuan", required=False)

    def fees(self) -> dict[str, int | None]:
        """As the service wants them."""
        return {
            "fee_basis_points": self.cleaned_data["fee_basis_points"],
            "fee_floor": self.cleaned_data["fee_floor"] or 0,
            "fee_cap": self.cleaned_data["fee_cap"],
        }


class ApplicationForm(FeeFields, forms.ModelForm):  # type: ignore[type-arg]
    """A firm that wants to be paid through this bank, its papers seen."""

    firm_name = forms.CharField(max_length=60)
    credit_code = forms.CharField(max_length=18, label="Unified social credit code")
    phone = operators_phone()
    name = forms.CharField(max_length=60, label="Trading name")
    qr_name = forms.CharField(
        max_length=25, label="Name in QR codes", help_text="Printable ASCII: HARBOUR COFFEE"
    )
    city = forms.CharField(max_length=15, initial="SHANGHAI", help_text="Printable ASCII")
    category = forms.RegexField(r"^[0-9]{4}$", help_text="ISO 18245, such as 5814")
    transit = forms.BooleanField(required=False, help_text="Runs a metro or buses")
    hot = forms.BooleanField(
        required=False, help_text="Very many payments at once; then there are no fees"
    )

    class Meta:
        model = Application
        fields: list[str] = []

    PLAIN = (
        "firm_name",
        "credit_code",
        "phone",
        "name",
        "qr_name",
        "city",
        "category",
        "transit",
        "hot",
    )

    def payload(self) -> dict[str, Any]:
        """What the proposal carries."""
        return {**{name: self.cleaned_data[name] for name in self.PLAIN}, **self.fees()}


@admin.register(Application)
class ApplicationAdmin(ActingAdmin):
    """Adding a row proposes a merchant. What it carries is sealed: a phone is in it."""

    may_add = "merchants.add_application"
    adding = ApplicationForm
    list_display = ["subject", "kind", "state", "maker", "checker", "proposed_at", "decided_at"]
    list_filter = ["state", "kind"]
    search_fields = ["subject"]
    ordering = ["-proposed_at"]
    fields = [
        "subject",
        "kind",
        "asks_for",
        "state",
        "maker",
        "proposed_at",
        "checker",
        "decided_at",
        "reason",
        "merchant",
    ]
    readonly_fields = ["asks_for"]
    actions_detail = ["approve", "turn_down"]

    @admin.display(description="asks for")
    def asks_for(self, application: Application) -> str:
        return application.in_words()

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person decides on others' proposals."""
        return bool(request.user.has_perm("merchants.decide_application"))

    def save_model(self, request: HttpRequest, obj: Application, form: Any, change: bool) -> None:
        made = propose_merchant(payload=form.payload(), maker=request.user.get_username())
        obj.__dict__.update(made.__dict__)

    @button("Approve", may="decide", text="It is carried out at once.")
    def approve(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Have it carried out."""
        who = request.user.get_username()
        return self.carry_out(
            request,
            object_id,
            lambda row: approve(application_id=row.id, checker=who),
            "Approved",
            action="approve_application",
            reason=form.cleaned_data["reason"],
        )

    @button("Turn down", may="decide", text="Its maker sees the reason.")
    def turn_down(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        """Refuse it."""
        who, reason = request.user.get_username(), form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda row: turn_down(application_id=row.id, checker=who, reason=reason),
            "Turned down",
            action="turn_down_application",
            reason=reason,
        )
