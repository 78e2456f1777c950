"""A bank's staff in the admin: one proposes to ask for tokens, one approves, one reads."""

import random
import re
import time
from typing import Any, ClassVar
from urllib.parse import urlencode

from locust import task

from cbdc.client.devnet import DevnetClient, SeededStaff
from cbdc.client.transport import ApiProblem, Unreachable
from loadtests.recording import OK
from loadtests.users.base import BankUser, Run

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
CHOSEN = re.compile(r'name="_selected_action" value="([0-9a-f-]{36})"')
FORM = "application/x-www-form-urlencoded"


class Staff(BankUser):
    """Logs in once; a page that is not shown is an error."""

    abstract = True
    username: ClassVar[str]
    logged_in = False

    def wait_time(self) -> float:
        """People read what they see: ten times as long as a holder."""
        return 10 * super().wait_time()

    def on_start(self) -> None:
        person = self.person()
        if person is None:
            self.give_up(f"this bank does not show a log-in of a {self.username}")
            return
        page = self.page("log in to the admin", "GET", "/admin/login/")
        fields = {"username": person.username, "password": person.password, "next": "/admin/"}
        self.submit("log in to the admin", "/admin/login/", page, fields)
        self.logged_in = True

    def person(self) -> SeededStaff | None:
        """Development networks show log-ins; others have none for a load test."""
        try:
            staff = DevnetClient(self.target.base_url).seed().staff
        except (ApiProblem, Unreachable):
            return None
        return next((one for one in staff if one.username == self.username), None)

    def page(self, name: str, method: str, path: str, **options: Any) -> str:
        """A page of the admin; one that sends elsewhere after a form is none, and fine."""
        begun = time.perf_counter()
        with self.client.request(
            method,
            self.target.base_url + path,
            name=name,
            catch_response=True,
            allow_redirects=False,
            **options,
        ) as answer:
            status = int(answer.status_code or 0)
            to = str((answer.headers or {}).get("location", ""))
            fine = status == 200 or (status == 302 and "/login" not in to)
            if method == "POST":
                fine = status == 302 and "/login" not in to
            code = OK if fine else f"status {status}"
            Run.recorder.answered(name, code, (time.perf_counter() - begun) * 1000)
            if fine:
                answer.success()
            else:
                answer.failure(code)
            return str(answer.text or "")

    def submit(self, name: str, path: str, page: str, fields: dict[str, str]) -> None:
        """Send the form of a page."""
        found = CSRF.search(page)
        if found is None:
            return
        self.page(
            name,
            "POST",
            path,
            data=urlencode({"csrfmiddlewaretoken": found[1], **fields}),
            headers={"Content-Type": FORM, "Referer": self.target.base_url + path},
        )


class Treasurer(Staff):
    """Looks at the vault, and proposes that a little more is issued: another person decides."""

    abstract = True
    username = "treasurer"

    @task(3)
    def look(self) -> None:
        self.page("look at the vault", "GET", "/admin/treasury/vaulttoken/")

    @task(1)
    def ask(self) -> None:
        path = "/admin/treasury/tokenrequest/propose_request/"
        page = self.page("open the form of a token request", "GET", path)
        fields = {"operation": "issue", "amount": "1.00", "reason": "load", "_form_submitted": "1"}
        self.submit("propose a token request", path, page, fields)


class Approver(Staff):
    """Approves what the treasurer proposed, the newest first."""

    abstract = True
    username = "approver"
    QUEUE = "/admin/approvals/approvalrequest/"

    @task
    def approve(self) -> None:
        page = self.page("open the queue of requests", "GET", f"{self.QUEUE}?state__exact=proposed")
        waiting = CHOSEN.search(page)
        if waiting is None:
            return
        fields = {"action": "approve", "reason": "load", "_selected_action": waiting[1]}
        self.submit("approve a request", self.QUEUE, page, fields)


class AdminReader(Staff):
    """Turns over the pages that an auditor looks at."""

    abstract = True
    username = "auditor"
    PAGES: ClassVar = (
        "accounts/wallet",
        "payments/payment",
        "bank_clearing/interbankpayment",
        "merchants/order",
        "messaging/outboxmessage",
        "treasury/tokenrequest",
    )

    @task
    def read(self) -> None:
        page = random.choice(self.PAGES)
        self.page(f"read /admin/{page}/", "GET", f"/admin/{page}/")
