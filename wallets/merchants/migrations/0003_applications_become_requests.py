"""Merchants' applications become requests of the queue that every institution has.

Open ones can be approved as before, and decided ones keep who decided them, when and why.
"""

import json
from typing import Any

import cbdc.clock
import cbdc.identifiers
import commercial_banks.customers.privacy
from cbdc.approvals.four_eyes import LIFETIME, payload_hash
from django.conf import settings
from django.db import migrations, models

KINDS = {"onboard": "take_merchant_on", "terms": "set_merchant_fees"}
STATUSES = {"suspended": "suspend_merchant", "active": "reinstate_merchant"}


def move(apps: Any, editor: Any) -> None:
    """Nobody loses a request: each open one has a week from now on."""
    using = editor.connection.alias
    model = {
        name: apps.get_model(label)
        for name, label in {
            "application": "merchants.Application",
            "papers": "merchants.Papers",
            "request": "approvals.ApprovalRequest",
            "person": settings.AUTH_USER_MODEL,
        }.items()
    }
    for old in model["application"].objects.using(using).order_by("proposed_at").iterator():
        payload, subject = json.loads(old.payload), str(old.merchant_id)
        if old.kind == "onboard":
            subject, phone = old.subject, payload.pop("phone")
            papers = str(cbdc.identifiers.new_id())
            payload["papers"] = papers
            if old.state == "proposed":
                content = json.dumps({"papers": papers, "phone": phone})
                model["papers"].objects.using(using).create(id=papers, content=content)
        kind = STATUSES[payload.pop("status")] if old.kind == "status" else KINDS[old.kind]
        is_open = old.state == "proposed"
        model["request"].objects.using(using).create(
            id=old.id,
            kind=kind,
            subject=subject,
            payload=payload,
            payload_hash=payload_hash(payload),
            asked_by=old.maker,
            state=old.state,
            maker=_person(model["person"], using, old.maker),
            checker=_person(model["person"], using, old.checker) if old.checker else None,
            created_at=old.proposed_at,
            expires_at=cbdc.clock.now() + LIFETIME if is_open else old.decided_at,
            decided_at=old.decided_at,
            decision_reason=old.reason,
        )


def _person(people: Any, using: str, username: str) -> Any:
    """Who is named; a name that is nobody's any more stays one, that opens nothing."""
    person, _ = people.objects.using(using).get_or_create(
        username=username, defaults={"is_active": False, "password": "!"}
    )
    return person


class Migration(migrations.Migration):
    dependencies = [
        ("merchants", "0002_return_tries"),
        ("approvals", "0002_decision_reason"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Papers",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=cbdc.identifiers.new_id, primary_key=True, serialize=False
                    ),
                ),
                ("content", commercial_banks.customers.privacy.SealedField()),
                ("kept_at", models.DateTimeField(default=cbdc.clock.now)),
            ],
            options={"verbose_name_plural": "papers"},
        ),
        migrations.RunPython(move, migrations.RunPython.noop),
        migrations.DeleteModel(name="Application"),
    ]
