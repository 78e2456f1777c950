"""The rows that the staff's pages are measured over: one INSERT ... SELECT for each table."""

import tempfile
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import connection, models

from cbdc.crypto import keys

DAYS = 30  # that the rows are spread over, up to now
# Moment n of `total`, and a UUIDv7 of it. Only the server knows `total`, so it stands in the SQL.
_MOMENT = "(now() - interval '{days} days' * (1 - n::float / {total}))"
_UUID = (
    "(lpad(to_hex((extract(epoch FROM {moment}) * 1000)::bigint), 12, '0') || '7'"
    " || lpad(to_hex(n %% 4096), 3, '0') || '8' || lpad(to_hex(n + {salt}), 15, '0'))::uuid"
)
_PARTY = "('{number}' || lpad((1 + (n * 7919) %% {wallets})::text, 12, '0'))"
Columns = dict[str, str]


class Rows:
    """Fills tables of one institution; `wallets` is how many there are to choose from."""

    def __init__(self, number: str, wallets: int) -> None:
        self.number, self.wallets = number, max(wallets, 1)
        self.salt = 0

    def wallet(self, number: str = "") -> str:
        return _PARTY.format(number=number or self.number, wallets=self.wallets)

    def fill(self, label: str, rows: int, **given: str) -> None:
        """So many rows of a model; a column that is not given has its emptiest value."""
        model = apps.get_model(label)
        rows, self.salt = max(rows, 1), self.salt + 10**11
        moment = _MOMENT.format(days=DAYS, total=rows)
        uuid = _UUID.format(moment=moment, salt=self.salt)
        places = {"moment": moment, "uuid": uuid}
        columns: Columns = {}
        for field in model._meta.concrete_fields:
            if isinstance(field, models.AutoField | models.BigAutoField):
                continue
            expression = given.get(field.attname) or _emptiest(field)
            columns[field.column] = expression.format(**places)
        names = ", ".join(f'"{name}"' for name in columns)
        values = ", ".join(columns.values())
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f'INSERT INTO "{table}" ({names}) SELECT {values}'  # noqa: S608 - ours
                " FROM generate_series(1, %s::bigint) n ON CONFLICT DO NOTHING",
                [rows],
            )


def _emptiest(field: Any) -> str:
    if isinstance(field, models.UUIDField) and field.primary_key:
        return "{uuid}"
    if field.null:
        return "NULL"
    if field.attname.endswith("_sealed"):
        from commercial_banks.customers.privacy import encrypt

        return f"'{encrypt('+8613800138000')}'"
    if isinstance(field, models.UUIDField):
        return "{uuid}"
    if isinstance(field, models.DateTimeField):
        return "{moment}"
    if isinstance(field, models.DateField):
        return "{moment}::date"
    if isinstance(field, models.BooleanField):
        return "false"
    if isinstance(field, models.JSONField):
        return "'{{}}'"
    if isinstance(field, models.IntegerField):
        return "0"
    return "''"


def seed(code: str, *, wallets: int, transfers: int) -> None:
    """Rows of a bank or of the central bank."""
    rows = Rows("0011", wallets)
    (_central_bank if code == "central-bank" else _bank)(rows, wallets, transfers)


def payment_id(code: str) -> str:
    """A payment in the middle."""
    label = "clearing.ClearingPayment" if code == "central-bank" else "payments.Payment"
    model = apps.get_model(label)
    order = model._meta.pk.name
    return str(model._default_manager.order_by(order).values_list("pk", flat=True)[1])


def lists() -> list[str]:
    """The list of each model in this process's admin."""
    return [
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for model in admin.site._registry
    ]


def _bank(rows: Rows, wallets: int, transfers: int) -> None:
    from commercial_banks.chart import open_chart

    open_chart()
    one = "'00000000-0000-7000-8000-000000000001'::uuid"
    many = transfers
    other = rows.wallet("0012")
    own, token = rows.wallet(), "md5(n::text) || md5((n + 1)::text)"
    serial = "('0011' || lpad(n::text, 12, '0'))"
    rows.fill("customers.Customer", wallets, id_number_hash="n::text", phone_hash="n::text")
    _accounts(wallets)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO customers_depositaccount SELECT '62' || lpad(row_number() OVER ()::text,"
            " 16, '0'), since, id FROM customers_customer"
        )
    rows.fill(
        "accounts.Wallet",
        wallets,
        wallet_id=serial,
        kind="'personal'",
        phone_hash="n::text",
        category="1 + n %% 4",
        status="'active'",
    )
    rows.fill("accounts.Device", wallets, wallet_id=own)
    _transfers(rows, many)
    rows.fill(
        "payments.Payment",
        many,
        payer_wallet=own,
        payee_wallet=f"CASE WHEN n %% 5 = 0 THEN {other} ELSE {own} END",
        amount="1 + n %% 9999",
        currency="'CNY'",
        completed_at="CASE WHEN n %% 1000 > 0 THEN {moment} END",
        status="CASE WHEN n %% 1000 > 0 THEN 'completed' ELSE 'rejected' END",
    )
    rows.fill("payments.DepositMovement", many // 10, kind="'top_up'", wallet_id=own, amount="1")
    rows.fill(
        "payments.PaymentRequest",
        many // 100,
        amount="1",
        state="'paid'",
        payer_wallet=own,
        payee_wallet=own,
    )
    rows.fill("payments.PaymentCode", many // 100, code_hash="n::text", wallet_id=own)
    rows.fill(
        "notifications.Notification", many // 10, wallet_id=own, event="'money_in'", state="'sent'"
    )
    rows.fill(
        "bank_clearing.InterbankPayment",
        many // 5,
        direction="'out'",
        amount="1",
        payer_wallet=own,
        payee_wallet=other,
        status="'completed'",
        decided_at="{moment}",
    )
    rows.fill("bank_clearing.Settlement", 720)
    rows.fill("bank_clearing.GrossSettlement", many // 1000, direction="'out'", amount="1")
    rows.fill("bank_clearing.Break", 100, kind="'amount'", payment_id="{uuid}")
    rows.fill("bank_clearing.DirectoryEntry", 3, number="lpad(n::text, 4, '0')", code="'b' || n")
    rows.fill(
        "treasury.VaultToken",
        20_000,
        token_id=token,
        value="1",
        spent_at="CASE WHEN n %% 100 > 0 THEN {moment} END",
        signed="'{{}}'",
    )
    rows.fill("treasury.TokenRequest", 5_000, operation="'issue'", amount="1", status="'done'")
    rows.fill("merchants.Merchant", 1, id=one, name="'Merchant'", wallet_id="'0011000000000001'")
    merchants = [one]
    rows.fill("merchants.Shop", 100, merchant_id=one, name="'Shop ' || n")
    rows.fill(
        "merchants.Order",
        many // 5,
        merchant_id=merchants[0],
        out_trade_no="'A-' || n",
        amount="1",
        status="'paid'",
        paid_at="{moment}",
        payment_id="{uuid}",
        currency="'CNY'",
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM merchants_order LIMIT 1")
        order = f"'{cursor.fetchone()[0]}'::uuid"
    rows.fill(
        "merchants.Refund",
        many // 100,
        merchant_id=one,
        order_id=order,
        amount="1",
        out_refund_no="'R-' || n",
        status="'completed'",
    )
    rows.fill(
        "merchants.Return",
        many // 1000,
        merchant_id=one,
        amount="1",
        cause="'no_order'",
        status="'completed'",
    )
    rows.fill(
        "webhooks.Endpoint", 1, id=one, owner_id=one, events="ARRAY['order.paid']", state="'live'"
    )
    rows.fill(
        "webhooks.Delivery",
        many // 10,
        endpoint_id=one,
        event="'order.paid'",
        event_id="{uuid}",
        state="'sent'",
    )
    rows.fill("transit.Operator", 1, merchant_id=one, billing="'day'")
    rows.fill(
        "transit.RatedJourney",
        many // 10,
        operator_id=one,
        journey_id="{uuid}",
        status="'complete'",
    )
    rows.fill("transit.Charge", many // 10, operator_id=one, amount="1", state="'due'")
    rows.fill("transit.RefusedTap", many // 1000, operator_id=one, code="'clock_wrong'")
    rows.fill(
        "messaging.OutboxMessage",
        many // 5,
        to="'central-bank'",
        kind="'pacs.008'",
        delivered_at="{moment}",
        body="jsonb_build_object('payment_id', {uuid})",
    )
    rows.fill(
        "messaging.InboxMessage",
        many // 5,
        sender="'central-bank'",
        kind="'pacs.002'",
        message_id="{uuid}",
    )
    _samples(
        [
            "stock",
            "clearing",
            "inside.payments",
            "inside.amount",
            "out.payments",
            "out.amount",
            "in.payments",
            "in.amount",
            "wallets.1",
            "wallets.2",
        ]
    )


def _central_bank(rows: Rows, wallets: int, transfers: int) -> None:
    from central_bank.supervision.seed import seed_central_bank

    with tempfile.TemporaryDirectory() as folder:
        settings.ISSUER_KEY_FILE = str(Path(folder) / "issuer.pem")
        keys.save_private_key(
            Path(settings.ISSUER_KEY_FILE), keys.generate(), settings.KEY_PASSPHRASE
        )
        seed_central_bank([])
    cycle = "'00000000-0000-7000-8000-000000000002'::uuid"
    rows.fill(
        "clearing.SettlementCycle",
        720,
        number="1000 + n",
        state="'settled'",
        closed_at="{moment}",
        settled_at="{moment}",
        netted_at="{moment}",
        gross="1000000",
        payments="1000",
    )
    rows.fill(
        "clearing.ClearingPayment",
        transfers,
        payer_bank="'harbor'",
        payee_bank="'lotus'",
        payer_wallet=rows.wallet(),
        payee_wallet=rows.wallet("0012"),
        amount="1 + n %% 9999",
        state="'completed'",
        decided_at="{moment}",
        cycle_id=cycle,
    )
    with connection.cursor() as cursor:
        for bank in ("harbor", "lotus"):
            cursor.execute(
                "INSERT INTO clearing_cycleposition (cycle_id, bank, sent, received, payments,"
                " parts, parts_sent) SELECT id, %s, 500, 400, 10, 0, 0"
                " FROM clearing_settlementcycle WHERE number > 1000",
                [bank],
            )
    rows.fill(
        "issuance.TokenTransaction",
        transfers // 100,
        sequence="n",
        transaction_id="md5(n::text) || md5('t' || n)",
        previous_hash="'p' || n",
        kind="'transfer'",
        request_id="{uuid}",
        value_in="1",
        value_out="1",
    )
    rows.fill(
        "issuance.Token",
        transfers // 100,
        token_id="md5(n::text) || md5('k' || n)",  # noqa: S106 - SQL
        transaction_id="n",
        value="1",
        institution="'harbor'",
        alg="'EdDSA'",
        spent="n %% 50 > 0",
    )
    rows.fill("supervision.DailyReport", 10_000, bank="'b' || n %% 20", wallets="'{{\"1\": 1}}'")
    rows.fill(
        "messaging.OutboxMessage",
        transfers // 2,
        to="'harbor'",
        kind="'pacs.002'",
        delivered_at="{moment}",
        body="jsonb_build_object('payment_id', {uuid})",
    )
    rows.fill(
        "messaging.InboxMessage",
        transfers // 2,
        sender="'harbor'",
        kind="'pacs.008'",
        message_id="{uuid}",
    )
    _samples(["supply", "reserves", "payments"])


def _accounts(wallets: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_account (id, ledger, code, side, credits_posted)"
            " SELECT 11000000000000 + n, 1, 3, 2, 100000 FROM generate_series(1, %s::bigint) n"
            " UNION ALL SELECT 620000000000000000 + n, 2, 7, 2, 100000"
            " FROM generate_series(1, %s::bigint) n",
            [wallets, wallets],
        )


def _transfers(rows: Rows, transfers: int) -> None:
    rows.fill(
        "ledger.RecordedTransfer",
        transfers,
        sequence="n",
        debit_account=f"{rows.wallet()}::bigint",
        credit_account="2",
        amount="1 + n %% 9999",
        reference="{uuid}",
        ledger="1",
        code="3",
        flags="16",
    )


def _samples(names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO console_sample (series, at, value)"
            " SELECT name, date_trunc('hour', now()) - interval '1 hour' * h, 100 * (720 - h)"
            " FROM unnest(%s::text[]) name, generate_series(0, 720) h"
            " UNION ALL SELECT name, date_trunc('hour', now()) - interval '1 minute' * m, 99"
            " FROM unnest(%s::text[]) name, generate_series(1, 2880) m WHERE m %% 60 > 0",
            [names, names],
        )
