"""Accounts and payments as one would write them with Django at hand."""

from django.db import models

from cbdc.identifiers import new_id


class Account(models.Model):
    """A balance of a user, in fen."""

    owner_id = models.IntegerField(db_index=True)
    balance = models.BigIntegerField()

    class Meta:
        app_label = "stock"

    def __str__(self) -> str:
        return str(self.pk)


class Payment(models.Model):
    """A payment between two of them."""

    id = models.UUIDField(primary_key=True, default=new_id)
    payer = models.ForeignKey(Account, models.PROTECT, related_name="paid")
    payee = models.ForeignKey(Account, models.PROTECT, related_name="received")
    amount = models.BigIntegerField()
    memo = models.CharField(max_length=140, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "stock"

    def __str__(self) -> str:
        return str(self.id)
