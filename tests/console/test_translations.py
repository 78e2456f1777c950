"""The consoles' Chinese: whole, looked at, compiled as it stands, and shown."""

import string
from typing import Any

import pytest

from tests.console.support import institution, person
from tests.in_process import DATABASES
from tools import translations


def test_every_text_is_translated_and_no_translation_is_left_over() -> None:
    kept = translations.kept()
    assert translations.missing(kept) == []
    wanted = {message.id for message in translations.collected() if message.id}
    assert wanted == {message.id for message in kept if message.id}
    assert len(wanted) > 200


def test_compiled_catalogue_is_that_of_the_text() -> None:
    assert translations.MO.read_bytes() == translations.compiled(translations.kept())


def test_translations_have_the_placeholders_of_their_texts() -> None:
    for message in translations.kept():
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple | list) else [message.string]
        for text in strings:
            assert _names(str(text)) == _names(str(ids[0])), ids[0]


def _names(text: str) -> set[str]:
    parts = text.replace("%%", "").split("%(")[1:]
    return {part.partition(")")[0].strip(string.whitespace) for part in parts}


@pytest.mark.django_db(databases=DATABASES)
@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("central-bank", ["仪表盘", "发行", "清算", "监管", "中央银行", "流通中货币"]),
        ("harbor", ["仪表盘", "客户", "钱包", "资金", "商户", "公共交通", "争议", "运营机构"]),
    ],
)
def test_console_speaks_chinese_to_who_asks_for_it(code: str, texts: list[str]) -> None:
    with institution(code):
        answer: Any = person("all", superuser=True).get(
            "/admin/", headers={"Accept-Language": "zh-CN,zh;q=0.9"}
        )
    page = answer.content.decode()
    assert [text for text in texts if text not in page] == []
