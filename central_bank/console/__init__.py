"""The central bank's console: what its staff sees, and where."""

from django.utils.translation import gettext_lazy as _

from cbdc.console.role import Console
from central_bank.console import figures
from central_bank.console.dashboard import dashboard
from central_bank.console.day_end import day_end
from central_bank.console.lookup import ELSEWHERE, FINDERS
from central_bank.console.menu import SECTIONS
from central_bank.console.payment import payment

CONSOLE = Console(
    title=_("Central bank"),
    packages=frozenset({"central_bank"}),
    sections=SECTIONS,
    dashboard=dashboard,
    finders=FINDERS,
    elsewhere=ELSEWHERE,
    payment=payment,
    sees_payments="clearing.view_clearingpayment",
    day_end=day_end,
    sees_day="supervision.view_dailyreport",
    levels=figures.levels,
    count=figures.count,
)
