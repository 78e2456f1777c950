"""The bodies of all calls: `cbdc.api.schema` with the fields of `cbdc.api.fields`.

The name of a schema, a line feed, and the JSON of the body.
"""

import importlib
import pkgutil
from functools import cache

import wallets
from cbdc.api.schema import Schema
from cbdc.errors import Problem
from cbdc.protocol.codecs import plain
from cbdc.strict_json import StrictJsonError, loads_object

PROBLEM_STATUS = 422


@cache
def schemas() -> dict[str, Schema]:
    """Every schema of a bank's calls, by module and name."""
    found = {}
    for info in pkgutil.walk_packages(wallets.__path__, "wallets."):
        if info.name.endswith("api"):
            for name, value in vars(importlib.import_module(info.name)).items():
                if isinstance(value, Schema):
                    found[f"{info.name}.{name}"] = value
    return found


def run(data: bytes) -> bool:
    name, _, raw = data.partition(b"\n")
    schema = schemas().get(name.decode("latin-1"))
    if schema is None:
        return False
    try:
        values = schema.parse(loads_object(raw))
    except StrictJsonError:
        return False
    except Problem as problem:
        assert problem.error.status == PROBLEM_STATUS, problem.error
        assert problem.errors, "a refusal that names no field"
        return False
    written = _written(values)
    assert schema.parse(written) == values
    return True


def _written(values: dict[str, object]) -> dict[str, object]:
    """The values as JSON again; what was not given is left out."""
    return {
        name: _written(value) if isinstance(value, dict) else plain(value)
        for name, value in values.items()
        if value is not None and value != ""
    }


def seeds() -> dict[str, bytes]:
    bodies = {
        "wallets.accounts.api.ENROLMENT": '{"phone": "+8613800110001", "device_public_key": '
        '"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "device_name": "咖啡 phone"}',
        "wallets.accounts.api.CONFIRMATION": '{"otp": "123456"}',
        "wallets.accounts.api.SESSION": '{"device_id": "01890a5d-ac96-774b-bcce-b302099a8057"}',
        "wallets.accounts.wallet_api.UPGRADE": '{"category": 2, "full_name": "李雷", '
        '"id_number": "11010519491231002X", "deposit_account": "620011000000000010"}',
        "wallets.accounts.wallet_api.SUB_WALLET": '{"name": "taxi", "limits": {"daily": 5}, '
        '"merchant_id": "01890a5d-ac96-774b-bcce-b302099a8057"}',
        "wallets.payments.api.PAYMENT": '{"payer_wallet": "0011000000000015", "payee_wallet": '
        '"0012000000000014", "amount": 1250, "currency": "CNY", "memo": "tea\\n☕"}',
        "wallets.payments.api.MOVEMENT": '{"amount": 1, "deposit_account": "620011000000000010"}',
        "wallets.payments.api.CODE": '{"wallet_id": "0011000000000015"}',
        "wallets.payments.requests_api.REQUEST": '{"payee_wallet": "0011000000000015", '
        '"payer_wallet": "0012000000000014", "amount": 7, "expires_in": 60}',
        "wallets.payments.wallet_api.CLOSING": "{}",
    }
    made = {}
    for name, body in bodies.items():
        made[name.rpartition(".")[2].lower()] = f"{name}\n{body}".encode()
    return made
