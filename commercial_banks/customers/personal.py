"""Personal data on the staff's pages: masked, until somebody gives a reason to see it.

Who saw what, of whom and why is in the audit log before it is shown. It is shown in the dialog
that asked for the reason: no address leads to it again, and no browser keeps it.
"""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from unfold.forms import BaseDialogForm

from cbdc.admin_pages import REASON_MAX, ActingAdmin, button

MAY_SEE = "customers.see_personal_data"
STAR = "*"
SHOWN = "customers/personal_data.html"


def masked(text: str, *, last: int = 0) -> str:
    """Stars for all but the last few characters, and for all when it is that short."""
    kept = text[len(text) - last :] if 0 < last < len(text) else ""
    return STAR * (len(text) - len(kept)) + kept


def masked_name(name: str) -> str:
    """The family name of a Chinese name, the first letter of any other."""
    return name[:1] + STAR * max(len(name) - 1, 0)


class SeeingForm(BaseDialogForm):  # type: ignore[misc]
    """Why this person's data must be seen, and for which case."""

    reason = forms.CharField(max_length=REASON_MAX)
    case = forms.CharField(max_length=64, required=False, label="Case number")


class PersonalAdmin(ActingAdmin):
    """Rows about people: their data is behind a button that asks why."""

    actions_detail = ["see_personal_data"]

    def personal_data(self, row: Any) -> dict[str, str]:
        """What is personal in a row, by what it is called; never in a list or on the page."""
        raise NotImplementedError

    def has_see_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person may see personal data at all."""
        return bool(request.user.has_perm(MAY_SEE))

    @button(
        "Show personal data",
        may="see",
        text="Your name, your reason and what you were shown go into the audit log.",
        form=SeeingForm,
        submit="Show",
    )
    def see_personal_data(
        self, request: HttpRequest, form: SeeingForm, object_id: str
    ) -> HttpResponse:
        """Recorded first, and then shown, once."""
        with transaction.atomic():
            row = self.model._default_manager.get(pk=object_id)
            data = self.personal_data(row)
            self.record(
                request,
                "see_personal_data",
                object_id,
                form.cleaned_data["reason"],
                case=form.cleaned_data["case"],
                shown=sorted(data),
            )
        answer = render(request, SHOWN, {"data": data, "row": row})
        answer["Cache-Control"] = "no-store"
        return answer
