"""What one would write with Django at hand: rows read for update, changed and saved."""

from django.db import connection, models, transaction

from benchmarks.server import Server
from cbdc.identifiers import new_id
from cbdc.ledger.types import Transfer

DATABASE = "naive"


class NaiveAccount(models.Model):
    """A balance."""

    id = models.BigIntegerField(primary_key=True)
    balance = models.BigIntegerField()

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return str(self.id)


class NaiveTransfer(models.Model):
    """A payment between two of them."""

    id = models.UUIDField(primary_key=True, default=new_id)
    payer = models.ForeignKey(NaiveAccount, models.PROTECT, related_name="paid")
    payee = models.ForeignKey(NaiveAccount, models.PROTECT, related_name="received")
    amount = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "benchmarks"

    def __str__(self) -> str:
        return str(self.id)


def prepare(server: Server, *, first: int, wallets: int, funds: int) -> None:
    """Make the tables, once. The connection is one to DATABASE."""
    if not server.createdb(DATABASE):
        return
    with connection.schema_editor() as editor:
        editor.create_model(NaiveAccount)
        editor.create_model(NaiveTransfer)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {NaiveAccount._meta.db_table} (id, balance)"  # noqa: S608 (our name)
            " SELECT %s + n, %s FROM generate_series(0, %s - 1) n",
            [first, funds, wallets],
        )


@transaction.atomic
def transfer(payment: Transfer) -> int:
    """Move money."""
    ids = [payment.debit_account, payment.credit_account]
    rows = NaiveAccount._default_manager.select_for_update().filter(id__in=ids).order_by("id")
    accounts = {account.id: account for account in rows}
    payer, payee = accounts[ids[0]], accounts[ids[1]]
    if payer.balance < payment.amount:
        raise ValueError("insufficient funds")
    payer.balance -= payment.amount
    payee.balance += payment.amount
    payer.save()
    payee.save()
    NaiveTransfer(payer=payer, payee=payee, amount=payment.amount).save()
    return 1
