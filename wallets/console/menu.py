"""A bank's tasks, with their pages."""

from django.utils.translation import gettext_lazy as _

from cbdc.console.menu import MESSAGES, STAFF
from cbdc.console.role import Page, Section

SECTIONS = [
    Section(_("Approvals"), [Page("approvals.approvalrequest", _("Approval queue"), "how_to_reg")]),
    Section(
        _("Customers"),
        [
            Page("customers.customer", _("Customers"), "person"),
            Page("customers.depositaccount", _("Deposit accounts"), "savings"),
        ],
    ),
    Section(
        _("Wallets"),
        [
            Page("accounts.wallet", _("Wallets"), "wallet"),
            Page("accounts.device", _("Devices"), "smartphone"),
            Page("accounts.upgrade", _("Upgrades to review"), "fact_check"),
            Page("payments.payment", _("Payments"), "payments"),
            Page("payments.depositmovement", _("Top-ups and withdrawals"), "swap_vert"),
            Page("payments.paymentrequest", _("Payment requests"), "request_quote"),
            Page("payments.paymentcode", _("Payment codes"), "qr_code_2"),
            Page("notifications.notification", _("Notifications"), "notifications"),
        ],
    ),
    Section(
        _("Treasury"),
        [
            Page("treasury.tokenrequest", _("Requests to the central bank"), "send_money"),
            Page("treasury.vaulttoken", _("Vault"), "token"),
            Page("treasury.replenishmentmarks", _("Stock marks"), "straighten"),
            Page("bank_clearing.interbankpayment", _("Payments with other banks"), "swap_horiz"),
            Page("bank_clearing.settlement", _("Settled cycles"), "autorenew"),
            Page("bank_clearing.grosssettlement", _("Gross settlements"), "bolt"),
            Page("bank_clearing.directoryentry", _("Directory of banks"), "account_balance"),
        ],
    ),
    Section(
        _("Merchants"),
        [
            Page("merchants.merchant", _("Merchants"), "storefront"),
            Page("merchants.shop", _("Shops"), "store"),
            Page("merchants.terminal", _("Tills"), "point_of_sale"),
            Page("merchants.apikey", _("Keys"), "key"),
            Page("merchants.order", _("Orders"), "receipt_long"),
            Page("webhooks.endpoint", _("Webhook endpoints"), "webhook"),
            Page("webhooks.delivery", _("Webhook deliveries"), "outgoing_mail"),
        ],
    ),
    Section(
        _("Transit"),
        [
            Page("transit.operator", _("Operators"), "train"),
            Page("transit.fareversion", _("Fare tables"), "sell"),
            Page("transit.ratedjourney", _("Journeys"), "route"),
            Page("transit.charge", _("Charges"), "confirmation_number"),
            Page("transit.askedfare", _("Fares asked of our wallets"), "request_quote"),
            Page("transit.credential", _("Credentials"), "contactless"),
            Page("transit.riderclass", _("Rider classes"), "elderly"),
            Page("transit.denyentry", _("Deny list"), "block"),
            Page("transit.refusedtap", _("Refused taps"), "report"),
        ],
    ),
    Section(
        _("Disputes"),
        [
            Page("bank_clearing.break", _("Breaks"), "difference"),
            Page("merchants.refund", _("Refunds"), "undo"),
            Page("merchants.return", _("Returns"), "keyboard_return"),
            Page("transit.farerefund", _("Fare refunds"), "undo"),
            Page("transit.correction", _("Corrected journeys"), "edit_location_alt"),
        ],
    ),
    MESSAGES,
    STAFF,
]
