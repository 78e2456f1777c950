"""The central bank's tasks, with their pages."""

from django.utils.translation import gettext_lazy as _

from cbdc.console.menu import MESSAGES, STAFF
from cbdc.console.role import Page, Section

SECTIONS = [
    Section(
        _("Issuance"),
        [
            Page("approvals.approvalrequest", _("Approval queue"), "how_to_reg"),
            Page("issuance.bankaccount", _("Banks' tokens and quotas"), "account_balance_wallet"),
            Page("issuance.token", _("Tokens"), "token"),
            Page("issuance.tokentransaction", _("Registry"), "link"),
            Page("issuance.issuerkey", _("Issuer keys"), "key"),
        ],
    ),
    Section(
        _("Clearing"),
        [
            Page("clearing.clearingpayment", _("Payments between banks"), "swap_horiz"),
            Page("clearing.position", _("Positions and caps"), "speed"),
            Page("clearing.settlementcycle", _("Settlement cycles"), "autorenew"),
        ],
    ),
    Section(
        _("Supervision"),
        [
            Page("messaging.peer", _("Banks"), "account_balance"),
            Page("supervision.limittable", _("Wallet limits"), "rule"),
            Page("supervision.freezeorder", _("Freeze orders"), "ac_unit"),
            Page("supervision.dailyreport", _("Banks' daily reports"), "summarize"),
            Page("supervision.auditor", _("Auditors"), "verified_user"),
        ],
    ),
    MESSAGES,
    STAFF,
]
