"""The second person, in tests of what takes two."""

from django.contrib.auth.models import Group, User
from django.test import Client

from cbdc.access.roles import StaffRole
from cbdc.approvals.models import ApprovalRequest, RequestState

QUEUE = "/admin/approvals/approvalrequest/"


def second_person(name: str = "second") -> Client:
    """An approver of this institution, logged in."""
    person, _ = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    person.groups.add(Group.objects.get(name=StaffRole.APPROVER))
    client = Client()
    client.force_login(person)
    return client


def decide(client: Client, action: str = "approve", reason: str = "seen") -> str:
    """Do so to every request that waits; what the page says then."""
    waiting = ApprovalRequest.objects.filter(state=RequestState.PROPOSED)
    ids = [str(pk) for pk in waiting.values_list("pk", flat=True)]
    form = {"action": action, "_selected_action": ids, "reason": reason}
    answer = client.post(QUEUE, form, follow=True)
    return answer.content.decode()


def approve() -> str:
    """Another person approves everything that waits here."""
    return decide(second_person())
