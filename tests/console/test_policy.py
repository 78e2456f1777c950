"""What a console's page lets a browser run, and the language that it speaks."""

import re

import pytest
from django.test import Client

from tests.console.support import institution, lists, person
from tests.in_process import DATABASES

pytestmark = pytest.mark.django_db(databases=DATABASES)
CODES = ["central-bank", "harbor"]
_INLINE = re.compile(r"<script(?![^>]*\bsrc=)|\son[a-z]+=\"|javascript:", re.I)


@pytest.mark.parametrize("code", CODES)
def test_pages_run_no_inline_script(code: str) -> None:
    with institution(code):
        client = person("all", superuser=True)
        for path in ["/admin/", "/admin/login/", *lists().values()]:
            answer = client.get(path)
            policy = answer["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self' 'unsafe-eval';" in policy, path
            assert _INLINE.search(answer.content.decode()) is None, path


def test_api_has_no_language() -> None:
    with institution("central-bank"):
        answer = Client(headers={"Accept-Language": "zh-hans"}).get("/api/v1/supply")
        assert answer.status_code == 200
        assert "Content-Language" not in answer
        assert "Accept-Language" not in answer.get("Vary", "")


def test_person_chooses_the_language() -> None:
    with institution("harbor"):
        client = person("all", superuser=True)
        assert client.get("/admin/")["Content-Language"] == "en"
        client.post("/admin/language/", {"language": "zh-hans", "next": "/admin/"})
        assert client.cookies["django_language"]["path"] == "/admin/"
        assert client.get("/admin/")["Content-Language"] == "zh-hans"
