"""Taking merchants on, and changing their terms: what the staff fills in to propose it."""

from typing import Any

from django import forms
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import REASON_MAX, YuanField, operators_phone


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


class FeesForm(FeeFields, BaseDialogForm):  # type: ignore[misc]
    """Other terms, for another person to approve."""

    reason = forms.CharField(max_length=REASON_MAX)


class MerchantForm(FeeFields, BaseDialogForm):  # type: ignore[misc]
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
    reason = forms.CharField(max_length=REASON_MAX, help_text="Which papers were seen")

    CARD = (
        *("firm_name", "credit_code", "name", "qr_name", "city", "category"),
        *("transit", "hot"),
    )

    def card(self) -> dict[str, Any]:
        """What the proposal carries, without the phone."""
        return {**{name: self.cleaned_data[name] for name in self.CARD}, **self.fees()}
