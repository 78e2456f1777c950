"""Requests that schemathesis makes of the central bank's OpenAPI document, also as a bank."""

import random

import pytest
from django.test import override_settings

from cbdc.crypto.http_signatures import SignatureError
from central_bank.clearing.models import SettlementCycle
from central_bank.clearing.settlement import settle_cycle
from central_bank.issuance.models import Token
from tests import contract
from tests.central_bank.support import close, guarantee, pay, seed
from tests.central_bank.test_tokens_api import headers, key_of
from tests.scale import scaled
from tests.schema_driven.driver import Case, Run, Sent, exercise, operations

pytestmark = pytest.mark.soak
REQUESTS = scaled(ci=200, soak=2_000)
UNPROVEN_EVERY = 4
PROOF = {"content-digest", "signature-input", "signature"}


class World:
    """A central bank with cycles and tokens to name in a request."""

    def __init__(self) -> None:
        self.turn = 0
        guarantee("harbor", 1_000)
        pay("harbor", "lotus", 400)
        settle_cycle(close())
        pay("harbor", "lotus", 30)
        tokens = [token.token_id for token in Token.objects.all()]
        cycles = [str(cycle.id) for cycle in SettlementCycle.objects.all()]
        self.things = {"token_id": tokens, "cycle_id": cycles}

    def fit(self, case: Case) -> None:
        rng = random.Random(repr(case.path_parameters))
        for name in self.things.keys() & case.path_parameters.keys():
            if rng.random() < 0.75:
                case.path_parameters[name] = rng.choice(self.things[name])

    def prove(self, sent: Sent) -> dict[str, str]:
        """Signed as harbor, where a token is asked for."""
        self.turn += 1
        if "/tokens/" not in sent.path or self.turn % UNPROVEN_EVERY == 0:
            return dict(sent.headers)
        kept = {n: v for n, v in sent.headers.items() if n.lower() not in PROOF}
        try:
            return kept | headers("harbor", key_of("harbor"), sent.path.partition("?")[0])
        except SignatureError:
            return kept


@override_settings(PUBLIC_BASE_URL="http://testserver", ROOT_URLCONF=contract.CENTRAL_BANK)
def test_central_bank_keeps_its_document(transactional_db: None) -> None:
    seed()
    world, run = World(), Run()
    calls = operations(contract.document(contract.CENTRAL_BANK))
    examples = max(REQUESTS // len(calls) // 2, 2)
    for call in calls:
        exercise(call, examples=examples, run=run, fit=world.fit, prove=world.prove)
    assert not run.faults, "\n".join(sorted(set(run.faults), key=len)[:40])
    assert run.successes >= len(calls)
