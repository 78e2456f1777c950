"""Supervision in the admin: requests of two people, the limits, the banks."""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms import ChoiceField, ModelForm
from django.http import HttpRequest
from unfold.admin import TabularInline

from cbdc.admin_pages import ActingAdmin, ReadOnlyAdmin, yuan
from cbdc.errors import Problem
from cbdc.messaging.models import Peer
from central_bank.supervision import four_eyes
from central_bank.supervision.models import (
    ApprovalRequest,
    Auditor,
    DailyReport,
    FreezeOrder,
    LimitTable,
    WalletLimit,
)


class ProposalForm(ModelForm):  # type: ignore[type-arg]
    """A new request. The payload is JSON, with the fields that its kind names; money in fen."""

    kind = ChoiceField()

    class Meta:
        model = ApprovalRequest
        fields = ["kind", "subject", "payload"]
        labels = {"subject": "bank"}

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        if "kind" in self.fields:
            cast(ChoiceField, self.fields["kind"]).choices = [
                (name, f"{name}: {', '.join(fields)}") for name, fields in four_eyes.kinds().items()
            ]


@admin.register(ApprovalRequest)
class ApprovalRequestAdmin(ActingAdmin):
    """One person proposes or takes up, another approves."""

    records_itself = True
    form = ProposalForm
    list_display = ["kind", "subject", "payload", "state", "asked_by", "maker", "checker"]
    list_filter = ["state", "kind", "subject"]
    actions = ["take_up", "approve", "refuse"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_decide_permission(request)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """May the person take part in decisions?"""
        return bool(request.user.has_perm("supervision.change_approvalrequest"))

    def save_model(
        self, request: HttpRequest, obj: ApprovalRequest, form: Any, change: bool
    ) -> None:
        """Enter the proposal through the service, and show its row."""
        made = four_eyes.propose(
            kind=obj.kind, subject=obj.subject, payload=obj.payload, maker=_person(request)
        )
        obj.__dict__.update(made.__dict__)

    @admin.action(description="Take up (become the maker)", permissions=["decide"])
    def take_up(self, request: HttpRequest, rows: QuerySet[ApprovalRequest]) -> None:
        """Of what a bank asked for."""
        self._each(request, rows, lambda i: four_eyes.take_up(request_id=i, maker=_person(request)))

    @admin.action(description="Approve (as the checker)", permissions=["decide"])
    def approve(self, request: HttpRequest, rows: QuerySet[ApprovalRequest]) -> None:
        """And carry out."""
        self._each(
            request, rows, lambda i: four_eyes.approve(request_id=i, checker=_person(request))
        )

    @admin.action(description="Refuse", permissions=["decide"])
    def refuse(self, request: HttpRequest, rows: QuerySet[ApprovalRequest]) -> None:
        """For good."""
        self._each(request, rows, lambda i: four_eyes.refuse(request_id=i, by=_person(request)))

    def _each(
        self,
        request: HttpRequest,
        rows: QuerySet[ApprovalRequest],
        act: Callable[[UUID], None],
    ) -> None:
        for row in rows.order_by("id"):
            try:
                act(row.id)
            except Problem as problem:
                self.message_user(request, f"{row}: {problem.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{row.kind} for {row.subject}: done")


def _person(request: HttpRequest) -> User:
    return cast(User, request.user)


class WalletLimitInline(TabularInline):  # type: ignore[misc]
    model = WalletLimit
    can_delete = False
    extra = 0


@admin.register(LimitTable)
class LimitTableAdmin(ReadOnlyAdmin):
    """The published versions."""

    list_display = ["version", "effective_from"]
    inlines = [WalletLimitInline]


@admin.register(Peer)
class BankAdmin(ReadOnlyAdmin):
    """The directory. Admission and suspension are requests."""

    list_display = ["code", "number", "name", "status", "base_url", "admitted_at"]
    fields = list_display
    list_filter = ["status"]


@admin.register(FreezeOrder)
class FreezeOrderAdmin(ReadOnlyAdmin):
    """What was ordered by two people, and the banks' answers."""

    list_display = ["ordered_at", "bank", "wallet_id", "action", "reference", "state", "code"]
    list_filter = ["state", "bank", "action"]


@admin.register(DailyReport)
class DailyReportAdmin(ReadOnlyAdmin):
    """Figures alone: no bank names a customer."""

    list_display = ["day", "bank", "wallets", yuan("circulation"), yuan("stock")]
    list_filter = ["bank"]


@admin.register(Auditor)
class AuditorAdmin(ReadOnlyAdmin):
    """Admitted by two people."""

    list_display = ["code", "key_id", "admitted_at", "valid_to"]
