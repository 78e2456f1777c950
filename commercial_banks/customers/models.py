"""People and firms with an account at this bank. Their names are ciphertext."""

from django.db import models

from cbdc.clock import now
from cbdc.identifiers import new_id


class Customer(models.Model):
    """INV-12: personal data stays in the bank, encrypted (`privacy`)."""

    class Kind(models.TextChoices):
        PERSON = "person"
        FIRM = "firm"  # its number is the unified social credit code, its phone the operator's

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.PERSON)
    full_name_sealed = models.TextField()
    phone_sealed = models.TextField()
    id_number_sealed = models.TextField()
    phone_hash = models.CharField(max_length=64)
    id_number_hash = models.CharField(max_length=64, unique=True)
    since = models.DateTimeField(default=now)

    class Meta:
        permissions = [("see_personal_data", "Can see personal data, for a reason that is logged")]
        constraints = [
            models.UniqueConstraint(
                fields=["phone_hash"],
                condition=models.Q(kind="person"),
                name="customers_one_person_per_phone",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class DepositAccount(models.Model):
    """A deposit account; its balance is ledger account `int(number)` in ledger 2."""

    number = models.CharField(max_length=18, primary_key=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="deposit_accounts"
    )
    opened_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.number
