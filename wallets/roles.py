"""What a bank's roles may do, beyond what every institution's may (cbdc.access)."""

from cbdc.access.roles import StaffRole, business, grant

business(
    "treasury",
    "customers",
    "bank_clearing",
    "accounts",
    "notifications",
    "webhooks",
    "payments",
    "merchants",
    "transit",
)
grant(
    StaffRole.OPERATOR,
    "treasury.add_tokenrequest",
    "bank_clearing.change_break",
    "customers.see_personal_data",
    "accounts.add_wallet",
    "accounts.change_wallet",
    "accounts.change_upgrade",
    "merchants.add_merchant",
    "merchants.add_apikey",
    "merchants.add_shop",
    "merchants.add_refund",
    "merchants.change_return",
    "transit.add_correction",
    "transit.change_charge",
    "transit.change_operator",
    "transit.add_riderclass",
    "webhooks.change_delivery",
)
