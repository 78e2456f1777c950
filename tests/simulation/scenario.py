"""One seed is one scenario: some steps under faults, then peace, and everything must end."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from cbdc.errors import Problem
from cbdc.identifiers import institution_number_of, new_id, wallet_id
from cbdc.institution import CENTRAL_BANK_CODE
from cbdc.ledger.services import set_account_status
from cbdc.ledger.types import AccountStatus
from cbdc.messaging.delivery import DeliveryError
from cbdc.messaging.models import OutboxMessage
from central_bank.clearing.chase import chase
from central_bank.clearing.cycles import close_cycle, open_cycle_id
from central_bank.clearing.domain import CycleState, PaymentState
from central_bank.clearing.models import ClearingPayment, CyclePosition, SettlementCycle
from central_bank.clearing.settlement import settle_closed_cycles
from commercial_banks.clearing.models import InterbankPayment, Settlement, Status
from commercial_banks.clearing.services import start_return
from commercial_banks.clearing.tasks import chase as bank_chase
from commercial_banks.treasury.models import TokenRequest
from commercial_banks.treasury.services import (
    request_issue,
    request_lock,
    request_redeem,
    request_unlock,
)
from tests.simulation.crashes import Crash
from tests.simulation.institutions import BANKS, NUMBERS
from tests.simulation.invariants import Invariants
from tests.simulation.people import Holder, Intent
from tests.simulation.world import PURSE, World, movement, payment
from wallets.payments.models import Payment

STEPS_MIN, STEPS_MAX = 12, 30
PEACE_ROUNDS_MAX = 30
CRASH_SHARE = 0.12  # of the steps begin with a process that is about to die
COMMITS_MAX = 3
PAUSES_S = (0.3, 2.0, 6.0, 20.0, 65.0)


class ScenarioError(AssertionError):
    """An invariant broke, or something did not end. The message holds the seed and the steps."""

    def __init__(self, message: str, *, lost: int, doubled: int, stuck: int) -> None:
        super().__init__(message)
        self.lost = lost
        self.doubled = doubled
        self.stuck = stuck


@dataclass
class Report:
    """What a scenario did, for the log of a run."""

    seed: int
    trace: list[str]
    faults: Counter[str]
    situations: Counter[str]
    payments: int
    lost: int = 0
    doubled: int = 0
    stuck: int = 0


@dataclass
class Scenario:
    """The steps of one seed. `run` raises ScenarioError."""

    world: World
    seed: int
    trace: list[str] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    situations: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.invariants = Invariants(self.world.institutions)
        self.random = self.world.random

    def run(self) -> Report:
        """Play it from the beginning."""
        self.world.begin(self.seed)
        self.world.wire.log = self.trace
        try:
            for _ in range(self.random.randint(STEPS_MIN, STEPS_MAX)):
                self._step()
            self._peace()
            lost, doubled = self._compare()
            self._look_back()
        except ScenarioError:
            raise
        except Exception as error:
            raise self._failure([f"{type(error).__name__}: {error}"]) from error
        return Report(
            seed=self.seed,
            trace=self.trace,
            faults=self.world.wire.happened + Counter(self.world.crashes.happened),
            situations=self.situations,
            payments=sum(i.kind == "payment" and i.accepted for i in self.intents),
            lost=lost,
            doubled=doubled,
        )

    # --- Under faults -------------------------------------------------------------------

    def _step(self) -> None:
        self.world.pass_time(self.random.uniform(0.001, 0.4))
        actions = list(ACTIONS)
        [action] = self.random.choices(actions, [ACTIONS[one] for one in actions])
        if self.random.random() < CRASH_SHARE:
            victim = self.random.choice(list(NUMBERS))
            self.world.crashes.arm(
                victim,
                commits=self.random.randrange(COMMITS_MAX),
                after=self.random.random() < 0.5,
            )
        self._attempt(action.__name__.strip("_"), lambda: action(self))
        self._check()

    def _attempt(self, name: str, act: Callable[[], str | None]) -> None:
        """Do one thing; whoever dies of it is buried, and comes back with its rows alone."""
        try:
            said = act()
        except Crash as crash:
            self.world.crashes.bury(crash.code)
            said = f"{crash.code} died"
        except Problem as problem:
            said = f"refused: {problem.error.code}"
        self.trace.append(f"{self.world.moment:%H:%M:%S.%f} {name}: {said}")

    def _check(self) -> None:
        touched = set(self.world.institutions.touched)
        findings = self.invariants.check() + self._acknowledged(touched)
        if findings:
            raise self._failure(findings)

    def _acknowledged(self, banks: set[str]) -> list[str]:
        """INV-5: what a holder was told is there, and in the state that it was told or later."""
        findings = []
        for bank in sorted(banks - {CENTRAL_BANK_CODE}):
            told = [
                intent
                for intent in self.intents
                if intent.holder.bank == bank and intent.accepted and intent.kind == "payment"
            ]
            if not told:
                continue
            ids = [UUID(intent.reference) for intent in told]
            with self.world.institutions.at(bank):
                states = dict(Payment.objects.filter(id__in=ids).values_list("id", "status"))
            for intent, payment_id in zip(told, ids, strict=True):
                state = states.get(payment_id)
                if state is None or intent.answer["status"] not in ("pending", state):
                    findings.append(f"INV-5: {payment_id} was {intent.answer['status']}: {state}")
        self.world.institutions.touched.clear()
        return findings

    def _holder(self, bank: str | None = None) -> Holder:
        return self.random.choice(self.world.holders[bank or self.random.choice(BANKS)])

    def _send(self, intent: Intent) -> str:
        self.world.send(intent)
        if not intent.status:
            return "no answer"
        code = intent.answer.get("code") or intent.answer.get("status")
        self.situations[f"{intent.kind}: {code}"] += 1
        return f"{intent.status} {code}"

    def _pay(self) -> str:
        payer = self._holder()
        inside = self.random.random() < 0.15
        others = [bank for bank in BANKS if (bank == payer.bank) == inside]
        payee = self._holder(self.random.choice(others)).wallet_id
        drawn = self.random.random()
        if drawn < 0.05:  # nobody's wallet
            bank = self.random.choice(BANKS)
            payee = wallet_id(NUMBERS[bank], 99_999_999_999)
        amount = self.random.choice(
            [self.random.randint(1, 50_00), self.random.randint(50_00, 700_00), 400_00]
        )
        if drawn > 0.85:
            amount = self.random.choice([1_000_00, 1_999_99, 2_000_01, PURSE + 1])
        intent = payment(payer, payee, amount)
        self.intents.append(intent)
        said = self._send(intent)
        if self.random.random() < 0.1:  # the answer does not reach the holder
            intent.status, intent.answer = 0, {}
        return f"{payer.bank} {amount} to {payee}: {said}"

    def _ask_again(self) -> str:
        """A holder sends the same again: because no answer came, or just so."""
        if not self.intents:
            return "nobody"
        unanswered = [intent for intent in self.intents if not intent.status]
        intent = self.random.choice(unanswered or self.intents)
        return f"{intent.kind} {intent.key}: {self._send(intent)}"

    def _move_deposit(self) -> str:
        holder = self._holder()
        kind = self.random.choice(["top-up", "withdrawal"])
        intent = movement(kind, holder, self.random.randint(1, 400_00))
        self.intents.append(intent)
        return f"{holder.bank} {kind} {intent.amount}: {self._send(intent)}"

    def _change_wallet(self) -> str:
        holder = self._holder()
        status = self.random.choice(
            [AccountStatus.FROZEN, AccountStatus.ACTIVE, AccountStatus.ACTIVE]
        )
        if self.random.random() < 0.1:
            status = AccountStatus.CLOSED
        with self.world.institutions.at(holder.bank):
            try:
                set_account_status(account=int(holder.wallet_id), status=status)
            except ValueError:
                return "it is closed"
        return f"{holder.wallet_id} is {status.name}"

    def _treasury(self) -> str:
        bank = self.random.choice(BANKS)
        asked = self.random.choice([request_lock, request_unlock, request_redeem, request_issue])
        amount = self.random.choice([1, 50_00, 400_00, 800_00, 5_000_00])
        with self.world.institutions.at(bank):
            asked(amount=amount, by="simulation")
        return f"{bank} {asked.__name__} {amount}"

    def _give_back(self) -> str:
        """A payee's bank sends a payment back, or a part of it (pacs.004)."""
        bank = self.random.choice(BANKS)
        with self.world.institutions.at(bank):
            rows = list(
                InterbankPayment.objects.filter(
                    direction="in", status=Status.COMPLETED, original_id=None
                ).order_by("payment_id")
            )
            if not rows:
                return "nothing"
            original = self.random.choice(rows)
            amount = self.random.choice([original.amount, original.amount // 2 or 1])
            with transaction.atomic():
                result = start_return(
                    payment_id=new_id(),
                    original_id=original.payment_id,
                    payer_wallet=original.payee_wallet,
                    payee_wallet=original.payer_wallet,
                    amount=amount,
                )
        self.situations[f"return: {result}"] += 1
        return f"{bank} {amount} of {original.payment_id}: {result}"

    def _deliver(self) -> str:
        waiting = [(code, to) for code in NUMBERS for to in self.world.due(code)]
        if not waiting:
            return "nothing waits"
        code, to = self.random.choice(waiting)
        return f"{code} to {to}: {self.world.deliver(code, to)}"

    def _late_arrival(self) -> str:
        if not self.world.wire.delayed:
            return "nothing"
        late = self.world.wire.delayed.pop(self.random.randrange(len(self.world.wire.delayed)))
        try:
            answer = self.world.wire.arrive(late)
        except DeliveryError as error:
            return f"at {late.code}: {error}"
        self.situations["late arrival"] += 1
        return f"at {late.code}: {answer.status}"

    def _pass_time(self) -> str:
        pause = self.random.choice(PAUSES_S)
        self.world.pass_time(pause)
        return f"{pause} s"

    def _part(self) -> str:
        parted = self.world.wire.parted
        bank = self.random.choice(BANKS)
        if bank in parted:
            parted.remove(bank)
            return f"{bank} is back"
        parted.add(bank)
        return f"{bank} is cut off"

    def _chase(self) -> str:
        code = self.random.choice(list(NUMBERS))
        return f"{code}: {self._chase_at(code)}"

    def _chase_at(self, code: str) -> int | None:
        with self.world.institutions.at(code):
            return chase() if code == CENTRAL_BANK_CODE else bank_chase()

    def _close(self) -> str:
        with self.world.institutions.at(CENTRAL_BANK_CODE):
            return str(close_cycle(open_cycle_id()))

    def _settle(self) -> str:
        with self.world.institutions.at(CENTRAL_BANK_CODE):
            settled = settle_closed_cycles()
        self.situations["cycle settled under faults"] += settled
        return str(settled)

    # --- Peace --------------------------------------------------------------------------

    def _peace(self) -> None:
        """No more faults: now everything must end."""
        world = self.world
        world.wire.faults = False
        world.wire.parted.clear()
        world.crashes.disarm()
        self.trace.append("peace")
        while world.wire.delayed:
            self._attempt("late_arrival", self._late_arrival)
        for intent in self.intents:
            if not intent.status:
                self._attempt("ask_again", lambda intent=intent: self._send(intent))  # type: ignore[misc]
        closed = False
        waiting: list[str] = []
        for number in range(PEACE_ROUNDS_MAX):
            self._settle()
            world.settle_down()
            waiting = self._unfinished()
            if closed and not waiting:
                break
            if not waiting:
                closed = self._close() == "True"
                continue
            closed = False
            world.pass_time(8.0 if number < 4 else 70.0)
            for code in NUMBERS:
                self._chase_at(code)
        self._check()
        if waiting:
            raise self._failure([f"stuck: {one}" for one in waiting])
        if findings := self.invariants.at_rest():
            raise self._failure(findings)

    def _unfinished(self) -> list[str]:
        waiting: list[str] = []
        for code in NUMBERS:
            with self.world.institutions.at(code):
                rows = OutboxMessage.objects.filter(delivered_at__isnull=True)
                waiting += [f"{code}: {row}: {row.last_error}" for row in rows]
                if code == CENTRAL_BANK_CODE:
                    open_states = [PaymentState.HELD, PaymentState.FORWARDED]
                    waiting += map(str, ClearingPayment.objects.filter(state__in=open_states))
                    closed = SettlementCycle.objects.filter(state=CycleState.CLOSED)
                    waiting += [f"cycle {cycle.number} is closed" for cycle in closed]
                    stated = CyclePosition.objects.filter(parts_sent=0, cycle__state="settled")
                    waiting += [f"no statement: {row}" for row in stated]
                    continue
                waiting += map(str, InterbankPayment.objects.filter(status=Status.PENDING))
                waiting += map(str, TokenRequest.objects.filter(status="pending"))
                unstated = Settlement.objects.filter(reconciled_at__isnull=True)
                waiting += [f"cycle {row} is not reconciled" for row in unstated]
        return waiting

    def _compare(self) -> tuple[int, int]:
        """Each wallet against what its people wrote down: (fen lost, fen doubled), both 0."""
        expected = Counter(self.world.purses)
        for bank in BANKS:
            books = self.invariants.books[bank]
            for intent in (i for i in self.intents if i.holder.bank == bank and i.accepted):
                wallet = intent.holder.wallet_id
                if intent.kind == "payment":
                    payee = intent.body["payee_wallet"]
                    inside = institution_number_of(payee) == NUMBERS[bank]
                    known = books.payments.get(UUID(intent.reference))
                    if not inside and known is None:
                        raise self._failure([f"INV-5: {intent.reference} is nowhere"])
                    if inside or (known is not None and known[1] == "completed"):
                        expected[wallet] -= intent.amount
                        expected[payee] += intent.amount
                        self.situations["payment completed"] += 1
                    else:
                        self.situations["payment rejected"] += 1
                else:
                    expected[wallet] += intent.amount if intent.kind == "top-up" else -intent.amount
        for row in self.invariants.decisions.values():
            _, _, state, amount, gross, _, original = row
            self.situations["settled gross"] += gross and state == "completed"
            if original is not None and state == "completed":
                self.situations["return completed"] += 1
                wallets = self._wallets(original)
                expected[wallets[0]] += amount
                expected[wallets[1]] -= amount
        lost = doubled = 0
        for bank in BANKS:
            shown = self.invariants.books[bank].shown
            for holder in self.world.holders[bank]:
                difference = shown[int(holder.wallet_id)] - expected[holder.wallet_id]
                lost += max(-difference, 0)
                doubled += max(difference, 0)
        if lost or doubled:
            text = f"{lost} fen lost, {doubled} fen doubled"
            raise self._failure([text], lost=lost, doubled=doubled)
        return lost, doubled

    def _look_back(self) -> None:
        """Which messages went out, and why payments were rejected: what the seeds reach."""
        for code in NUMBERS:
            with self.world.institutions.at(code):
                kinds = OutboxMessage.objects.values_list("kind", flat=True)
                self.situations.update(f"{code.split('-')[0]} {kind}" for kind in kinds)
                if code == CENTRAL_BANK_CODE:
                    codes = ClearingPayment.objects.filter(state=PaymentState.REJECTED)
                    rejected = codes.values_list("code", flat=True)
                    self.situations.update(f"rejected: {one}" for one in rejected)

    def _wallets(self, payment_id: UUID) -> tuple[str, str]:
        """Payer's and payee's wallet of a payment."""
        with self.world.institutions.at(CENTRAL_BANK_CODE):
            row = ClearingPayment.objects.get(payment_id=payment_id)
        return row.payer_wallet, row.payee_wallet

    def _failure(self, findings: list[str], *, lost: int = 0, doubled: int = 0) -> ScenarioError:
        lines = [
            f"seed {self.seed}:",
            *findings,
            "",
            f"replay it: SEED={self.seed} .venv/bin/python -m pytest tests/simulation -q",
            "its steps:",
            *self.trace,
        ]
        stuck = sum(finding.startswith("stuck") for finding in findings)
        return ScenarioError("\n".join(lines), lost=lost, doubled=doubled, stuck=stuck)


# How often each step is taken, by weight.
ACTIONS: dict[Callable[[Scenario], str], int] = {
    Scenario._pay: 26,
    Scenario._ask_again: 5,
    Scenario._move_deposit: 4,
    Scenario._change_wallet: 3,
    Scenario._treasury: 5,
    Scenario._give_back: 3,
    Scenario._deliver: 30,
    Scenario._late_arrival: 4,
    Scenario._pass_time: 7,
    Scenario._part: 3,
    Scenario._chase: 5,
    Scenario._close: 3,
    Scenario._settle: 4,
}
