"""The queue of requests that two people decide."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import CharField, ChoiceField, ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext

from cbdc.admin_pages import BULK_MAX, REASON_MAX, ActingAdmin, person_of, says
from cbdc.approvals import four_eyes
from cbdc.approvals.models import ApprovalRequest
from cbdc.errors import Problem
from cbdc.money import format_yuan

MONEY = frozenset({"amount", "quota", "net_debit_cap"})  # fields of payloads that are fen


class ProposalForm(ModelForm):  # type: ignore[type-arg]
    """A new request. The payload is JSON, with the fields that its kind names; money in fen."""

    kind = ChoiceField()
    reason = CharField(required=False, max_length=200)

    class Meta:
        model = ApprovalRequest
        fields = ["kind", "subject", "payload", "reason"]
        labels = {"subject": "bank"}

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if "kind" in self.fields:
            cast(ChoiceField, self.fields["kind"]).choices = [
                (name, f"{name}: {', '.join(fields)}") for name, fields in four_eyes.kinds().items()
            ]


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ActingAdmin):
    """One person proposes or takes up, another approves: the services ask for each kind's rights.

    At a bank nothing is typed in here: requests come from the pages of what they are about.
    """

    records_itself = True
    adding = ProposalForm
    fields = [
        *["kind", "subject", "payload", "state", "asked_by", "reason", "maker", "created_at"],
        *["expires_at", "checker", "decided_at", "decision_reason"],
    ]
    list_display = ["kind", "subject", "asks_for", "state", "asked_by", "maker", "checker"]
    list_filter = ["state", "kind"]
    search_fields = ["=id", "=subject", "=asked_by"]
    actions = ["take_up", "approve", "refuse"]

    @admin.display(description="asks for")
    def asks_for(self, row: ApprovalRequest) -> str:
        """What its checker would approve, with money in yuan; the payload itself is on its page."""
        said = (
            f"{name.replace('_', ' ')}: {format_yuan(value) if name in MONEY else value}"
            for name, value in row.payload.items()
        )
        return ", ".join(said) or "-"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_take_up_permission(request)

    def has_take_up_permission(self, request: HttpRequest) -> bool:
        """May the person be the maker of what a bank asks for?"""
        return bool(four_eyes.kinds()) and self._proposes(request)

    def has_approve_permission(self, request: HttpRequest) -> bool:
        """May the person be a checker?"""
        return bool(request.user.has_perm(four_eyes.MAY_APPROVE))

    def has_refuse_permission(self, request: HttpRequest) -> bool:
        """May the person end a request: as a checker, or one of the person's own?"""
        return (
            self._proposes(request)
            or self.has_approve_permission(request)
            or bool(request.user.has_perm("auth.change_user"))
        )

    def _proposes(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(four_eyes.MAY_PROPOSE))

    def save_model(
        self, request: HttpRequest, obj: ApprovalRequest, form: Any, change: bool
    ) -> None:
        """Enter the proposal through the service, and show its row."""
        made = four_eyes.propose(
            kind=obj.kind,
            subject=obj.subject,
            payload=obj.payload,
            maker=person_of(request),
            reason=obj.reason,
        )
        obj.__dict__.update(made.__dict__)

    @admin.action(description="Take up (become the maker)", permissions=["take_up"])
    def take_up(self, request: HttpRequest, rows: QuerySet[ApprovalRequest]) -> None:
        """Of what a bank asked for."""
        who = person_of(request)
        self._each(request, rows, lambda i: four_eyes.take_up(request_id=i, maker=who))

    @admin.action(description="Approve (as the checker)", permissions=["approve"])
    def approve(self, request: HttpRequest, rows: QuerySet[ApprovalRequest]) -> None:
        """And carry out."""
        who, reason = person_of(request), _reason(request)
        self._each(
            request, rows, lambda i: four_eyes.approve(request_id=i, checker=who, reason=reason)
        )

    @admin.action(description="Refuse", permissions=["refuse"])
    def refuse(self, request: HttpRequest, rows: QuerySet[ApprovalRequest]) -> None:
        """For good, with the reason that is typed beside it: whoever asked sees it."""
        who, reason = person_of(request), _reason(request)
        if not reason:
            self.message_user(request, gettext("Give a reason beside the action."), messages.ERROR)
            return
        self._each(request, rows, lambda i: four_eyes.refuse(request_id=i, by=who, reason=reason))

    def _each(
        self,
        request: HttpRequest,
        rows: QuerySet[ApprovalRequest],
        act: Callable[[UUID], None],
    ) -> None:
        for row in rows.order_by("id")[:BULK_MAX]:
            try:
                act(row.id)
            except Problem as problem:
                self.message_user(request, f"{row}: {says(problem)}", messages.ERROR)
            else:
                self.message_user(request, f"{row.kind} for {row.subject}: done")


def _reason(request: HttpRequest) -> str:
    """What was typed beside the action."""
    return request.POST.get("reason", "").strip()[:REASON_MAX]
