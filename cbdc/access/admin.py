"""People of the staff: taken on, given roles that an approver approves, shut out."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django_otp.plugins.otp_totp.models import TOTPDevice
from unfold.forms import BaseDialogForm

from cbdc.access import people, resetting, second_factor, sessions
from cbdc.access.models import StaffSession
from cbdc.access.roles import StaffRole
from cbdc.admin_pages import (
    REASON_MAX,
    ActingAdmin,
    ReadOnlyAdmin,
    ReasonForm,
    button,
    person_of,
)

admin.site.unregister(Group)  # roles are set by `migrate`, and given in pages of people
admin.site.unregister(User)
admin.site.unregister(TOTPDevice)  # its page would show secrets


class NewPersonForm(BaseUserCreationForm):  # type: ignore[type-arg]
    """Somebody who joins the staff, with a first password to be told in person."""

    reason = forms.CharField(max_length=REASON_MAX)

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email")


class RoleForm(BaseDialogForm):  # type: ignore[misc]
    """Which role, and why."""

    role = forms.ChoiceField(choices=[(role.value, role.value) for role in StaffRole])
    reason = forms.CharField(max_length=REASON_MAX)


class PasswordForm(BaseDialogForm):  # type: ignore[misc]
    """A password that the administrator tells the person, who changes it."""

    password = forms.CharField(max_length=128, widget=forms.PasswordInput)
    reason = forms.CharField(max_length=REASON_MAX)


@admin.register(User)
class PersonAdmin(ActingAdmin):
    """A new person may log in and do nothing: every role is proposed, and approved by another."""

    may_add = "auth.add_user"
    adding = NewPersonForm
    list_display = ["username", "first_name", "last_name", "roles", "is_active", "last_login"]
    list_filter = ["is_active", "groups"]
    search_fields = ["username", "first_name", "last_name"]
    ordering = ["username"]
    fields = [
        *["username", "first_name", "last_name", "email", "roles", "is_superuser"],
        "second_factor",
        *["is_active", "last_login", "date_joined"],
    ]
    readonly_fields = ["roles", "second_factor"]
    actions_detail = [
        *["propose_role", "take_role", "deactivate", "reactivate"],
        *["propose_resetting", "end_sessions", "new_password"],
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description="roles")
    def roles(self, person: User) -> str:
        return ", ".join(sorted(group.name for group in person.groups.all())) or "-"

    @admin.display(description="second factor", boolean=True)
    def second_factor(self, person: User) -> bool:
        return second_factor.device_of(person) is not None

    def subject_of(self, pk: Any) -> str:
        """By name: a number says nothing to who reads the log."""
        person = User.objects.filter(pk=pk).first() if pk else None
        return person.username if person is not None else str(pk)

    def has_administer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether this person administers the others."""
        return bool(request.user.has_perm("auth.change_user"))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_staff = True
        obj.save(force_insert=True)

    @button(
        "Propose a role",
        may="administer",
        text="The person has it when an approver has approved.",
        form=RoleForm,
    )
    def propose_role(self, request: HttpRequest, form: RoleForm, object_id: str) -> HttpResponse:
        role, reason = form.cleaned_data["role"], form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda person: people.propose_role(
                person=person, role=role, maker=person_of(request), reason=reason
            ),
            f"Proposed to be {role}",
            action="propose_role",
            reason=reason,
            role=role,
        )

    @button("Take a role away", may="administer", text="At once.", form=RoleForm)
    def take_role(self, request: HttpRequest, form: RoleForm, object_id: str) -> HttpResponse:
        role, reason = form.cleaned_data["role"], form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda person: people.take_role(person=person, role=role),
            f"No longer {role}",
            action="take_role",
            reason=reason,
            role=role,
        )

    @button(
        "Shut out", may="administer", text="Out at once, in every session, and without any role."
    )
    def deactivate(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self.carry_out(
            request,
            object_id,
            lambda person: people.deactivate(person=person, by=person_of(request)),
            "Shut out",
            action="shut_out_person",
            reason=form.cleaned_data["reason"],
        )

    @button("Let in again", may="administer", text="Roles are to be proposed anew.")
    def reactivate(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self.carry_out(
            request,
            object_id,
            lambda person: people.reactivate(person=person),
            "Let in again",
            action="let_in_person",
            reason=form.cleaned_data["reason"],
        )

    @button(
        "Propose to reset the second factor",
        may="administer",
        text="For who lost it, recovery codes and all. When an approver has approved, the person "
        "sets up another at the next log-in. Be sure who asks.",
    )
    def propose_resetting(
        self, request: HttpRequest, form: ReasonForm, object_id: str
    ) -> HttpResponse:
        reason = form.cleaned_data["reason"]
        return self.carry_out(
            request,
            object_id,
            lambda person: resetting.request_resetting(
                person=person, maker=person_of(request), reason=reason
            ),
            "Proposed to reset the second factor",
            action="propose_resetting",
            reason=reason,
        )

    @button("End all sessions", may="administer", text="The person must log in again, everywhere.")
    def end_sessions(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        who = request.user.get_username()
        return self.carry_out(
            request,
            object_id,
            lambda person: sessions.end_all(user=person, by=who),
            "Sessions ended",
            action="end_sessions",
            reason=form.cleaned_data["reason"],
        )

    @button(
        "New password",
        may="administer",
        text="For who forgot it. It ends the person's sessions. Tell it in person.",
        form=PasswordForm,
    )
    def new_password(
        self, request: HttpRequest, form: PasswordForm, object_id: str
    ) -> HttpResponse:
        return self.carry_out(
            request,
            object_id,
            lambda person: people.set_password(
                person=person, password=form.cleaned_data["password"], by=person_of(request)
            ),
            "New password",
            action="set_password",
            reason=form.cleaned_data["reason"],
        )


@admin.register(StaffSession)
class StaffSessionAdmin(ReadOnlyAdmin):
    """Who is logged in, from where, since when."""

    list_display = ["user", "began_at", "last_seen_at", "address", "verified_at", "ended_at"]
    list_filter = [
        ("ended_at", admin.EmptyFieldListFilter),
        ("user", admin.RelatedOnlyFieldListFilter),
    ]
    list_select_related = ["user"]
    search_fields = ["=user__username", "=address"]
    actions = ["end"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        """May the person end others' sessions?"""
        return bool(request.user.has_perm("access.change_staffsession"))

    @admin.action(description="End these sessions", permissions=["end"])
    def end(self, request: HttpRequest, rows: QuerySet[StaffSession]) -> None:
        """Each is out with its next click."""

        def act(chosen: QuerySet[StaffSession]) -> str:
            ids = list(chosen.values_list("id", flat=True))
            number = sessions.end(session_ids=ids, by=request.user.get_username())
            return f"{number} sessions are ended."

        self.carry_out_chosen(request, rows, "end_session", act)
