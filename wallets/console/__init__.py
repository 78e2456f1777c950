"""A bank's console: what its staff sees, and where."""

from django.utils.translation import gettext_lazy as _

from cbdc.console.role import Console
from wallets.console import figures
from wallets.console.dashboard import dashboard
from wallets.console.day_end import day_end
from wallets.console.lookup import FINDERS
from wallets.console.menu import SECTIONS
from wallets.console.payment import payment
from wallets.console.wallet import transactions

CONSOLE = Console(
    title=_("Operating institution"),
    packages=frozenset({"commercial_banks", "wallets"}),
    sections=SECTIONS,
    dashboard=dashboard,
    finders=FINDERS,
    payment=payment,
    sees_payments="payments.view_payment",
    day_end=day_end,
    sees_day="treasury.view_vaulttoken",
    levels=figures.levels,
    slow_levels=figures.slow_levels,
    count=figures.count,
    below={"accounts.wallet": transactions},
)
