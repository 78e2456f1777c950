"""Rows of the outbox, the inbox, the directory of peers, and the nonces that were used."""

from django.db import models
from django.db.models import Q

from cbdc.clock import now
from cbdc.identifiers import new_id


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

    `due_at` is also the lease: a worker that claims the row moves it into the future.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    to = models.CharField(max_length=32)
    kind = models.CharField(max_length=32)
    body = models.JSONField()
    created_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)
    attempts = models.PositiveIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["to", "due_at"],
                condition=Q(delivered_at__isnull=True, parked_at__isnull=True),
                name="messaging_outbox_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to} ({self.id})"


class InboxMessage(models.Model):
    """INV-4: a message id has one effect. Written in the transaction of that effect."""

    sender = models.CharField(max_length=32)
    message_id = models.UUIDField()
    kind = models.CharField(max_length=32)
    received_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sender", "message_id"], name="inv_4_message_handled_once"
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
