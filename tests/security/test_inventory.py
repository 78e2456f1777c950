"""What a production process serves: no page of a development network, and passwords of length."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from cbdc.devnet.stack import ROOT
from tests.api.test_production_settings import BANK, CENTRAL_BANK

LIST = """
import json, django
django.setup()
from django.conf import settings
from django.urls import get_resolver
def paths(patterns, prefix=""):
    for one in patterns:
        path = prefix + str(one.pattern)
        yield path
        yield from paths(getattr(one, "url_patterns", []), path)
print(json.dumps([list(paths(get_resolver().url_patterns)), settings.INSTALLED_APPS]))
"""


@pytest.mark.parametrize("whole", [BANK, CENTRAL_BANK], ids=["a bank", "the central bank"])
def test_production_has_nothing_of_a_development_network(whole: dict[str, str]) -> None:
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", LIST],
        cwd=ROOT,
        env={**clean, **whole, "DJANGO_SETTINGS_MODULE": "cbdc.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    paths, apps = json.loads(done.stdout)
    assert "interbank/v1/messages" in paths
    assert not [path for path in paths if "devnet" in path]
    assert "cbdc.devnet" not in apps


def test_every_variable_of_the_settings_is_documented() -> None:
    settings = "".join(path.read_text() for path in (ROOT / "cbdc" / "settings").glob("*.py"))
    asked = set(re.findall(r"""env\.\w+\(\s*["'](\w+)["']""", settings))
    assert len(asked) >= 20
    documented = (ROOT / "docs" / "operations.md").read_text()
    assert [name for name in sorted(asked) if f"`{name}`" not in documented] == []


@pytest.mark.parametrize("weak", ["short-1234", "password1234", "administrator"])
def test_weak_password_of_the_staff_is_refused(weak: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(weak)
