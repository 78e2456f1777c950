"""The audit log in the admin: to read, and to have its chain checked."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import action

from cbdc.admin_pages import ReadOnlyAdmin
from cbdc.audit.chain import check_chain
from cbdc.audit.models import AuditEntry

BREAKS_SHOWN = 5


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """INV-11: who did what."""

    list_display = ["sequence", "occurred_at", "actor", "source", "action", "subject"]
    list_filter = ["action"]
    search_fields = ["=actor", "=subject", "=action"]
    actions_list = ["check_the_chain"]

    @action(description="Check the chain", permissions=["view"])  # type: ignore[untyped-decorator]
    def check_the_chain(self, request: HttpRequest) -> HttpResponse:
        """Says whether every entry is there as it was written, and the hash of the last one."""
        checked = check_chain()
        if checked.broken:
            shown = "; ".join(checked.broken[:BREAKS_SHOWN])
            text = f"The chain of {checked.entries} entries is BROKEN: {shown}"
            self.message_user(request, text, messages.ERROR)
        else:
            self.message_user(
                request, f"The chain of {checked.entries} entries is whole. Head: {checked.head}"
            )
        return HttpResponseRedirect(reverse("admin:audit_auditentry_changelist"))
