"""Rows of the outbox, the inbox, the directory of peers, and the nonces that were used."""

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT

from cbdc.clock import now
from cbdc.identifiers import new_id
from cbdc.messaging.lanes import Lane


class PeerStatus(models.TextChoices):
    ACTIVE = "active"
    SUSPENDED = "suspended"


class Peer(models.Model):
    """An institution that this one exchanges messages with: the directory of the central bank."""

    code = models.CharField(max_length=32, primary_key=True)
    number = models.CharField(max_length=4, unique=True)
    name = models.CharField(max_length=100)
    base_url = models.URLField()
    status = models.CharField(max_length=9, choices=PeerStatus.choices, default=PeerStatus.ACTIVE)
    admitted_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class PeerKey(models.Model):
    """A public key of a peer, base64url of the raw 32 bytes; several overlap in a rotation."""

    key_id = models.CharField(max_length=43, primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.PROTECT, related_name="keys")
    public_key = models.CharField(max_length=43)
    valid_from = models.DateTimeField(default=now)
    valid_to = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.peer_id}#{self.key_id}"


class OutboxMessage(models.Model):
    """A message that was committed with its cause and is sent until the peer has it.

    `attempts` counts the sendings that the peer answered without taking the message. It is
    parked, for people to look at, when the peer refused it for good or failed at it too often.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    to = models.CharField(max_length=32)
    lane = models.SmallIntegerField(
        choices=[(lane.value, lane.name.lower()) for lane in Lane], default=Lane.EXPRESS
    )
    kind = models.CharField(max_length=32)
    body = models.JSONField()
    created_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)  # parked for good, by two people
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["to", "lane", "due_at"],
                condition=Q(delivered_at__isnull=True, parked_at__isnull=True),
                name="messaging_outbox_waiting",
            ),
            models.Index(
                fields=["parked_at"],
                condition=Q(parked_at__isnull=False, given_up_at__isnull=True),
                name="messaging_outbox_parked",
            ),
            # Of what goes in bulk nothing is about one payment, and its bodies are long.
            models.Index(
                KT("body__payment_id"),
                F("id"),
                condition=Q(lane=Lane.EXPRESS.value, body__has_key="payment_id"),
                name="messaging_outbox_about",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to} ({self.id})"


class Link(models.Model):
    """One lane to one peer: whether somebody delivers now, and how the last attempts went.

    `awake_until`: a worker looks for new messages until then, so nobody needs to ring.
    `retry_at`: the peer did not answer, and is left in peace until then.
    """

    peer = models.CharField(max_length=32)
    lane = models.SmallIntegerField(choices=[(lane.value, lane.name.lower()) for lane in Lane])
    awake_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    retry_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["peer", "lane"], name="messaging_one_link_per_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.peer} ({Lane(self.lane).name.lower()})"


class InboxMessage(models.Model):
    """INV-4: a message id has one effect. Written in the transaction of that effect.

    Only what came under a right signature gets here: `key_id` is the key that it was checked with.
    `about` is the payment that the message names, for people who look for it.
    """

    sender = models.CharField(max_length=32)
    key_id = models.CharField(max_length=43, default="", db_default="")
    message_id = models.UUIDField()
    about = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=32)
    received_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "message_id"], name="inv_4_message_handled_once"
            ),
        ]
        indexes = [
            models.Index(
                fields=["about", "id"],
                condition=Q(about__isnull=False),
                name="messaging_inbox_about",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.sender} ({self.message_id})"


class Nonce(models.Model):
    """A nonce that a key has used; kept until its signature has expired anyway."""

    keyid = models.CharField(max_length=100)
    nonce = models.CharField(max_length=64)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["keyid", "nonce"], name="messaging_nonce_used_once"),
        ]

    def __str__(self) -> str:
        return f"{self.keyid} {self.nonce}"
