"""The consoles' Chinese: whole, looked at, compiled as it stands, and shown."""

import ast
import string
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.utils import label_for_field
from django.utils.translation import gettext, override

from cbdc.audit.models import AuditEntry
from cbdc.console.refusals import in_words
from cbdc.console.words import visible
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


SAME_IN_BOTH = {"+8613800000000"}


def test_no_name_on_a_page_of_the_admin_is_untranslated() -> None:
    """Names of models, fields, choices, columns, buttons, and what dialogs and forms say."""
    texts = visible()
    assert {"wallet id", "Amount in yuan", "Propose a merchant", "Taken Back"} <= texts
    with override("zh-hans"):
        assert {text for text in texts if gettext(text) == text} == SAME_IN_BOTH


def test_every_column_and_field_is_named_in_chinese() -> None:
    """As Django asks for it when it shows a page, whatever `visible` collects."""
    left = []
    with override("zh-hans"):
        for model, page in admin.site._registry.items():
            names = [*page.list_display, *page.readonly_fields]
            for name in names:
                label = str(label_for_field(name, model, page))
                if not any("\u4e00" <= letter <= "\u9fff" for letter in label):
                    left.append(f"{page}: {name}: {label}")
    assert left == []


@pytest.mark.django_db(databases=DATABASES)
def test_dialog_and_list_speak_chinese() -> None:
    with institution("harbor"):
        client = person("all", superuser=True)
        asked: Any = {"headers": {"Accept-Language": "zh-CN,zh;q=0.9"}}
        page = client.get("/admin/treasury/tokenrequest/propose_request/", **asked)
        shown = page.content.decode()
        for text in ("金额（元）", "理由", "经另一人复核后发往中央银行", "发行：以准备金兑换凭证"):
            assert text in shown
        assert (
            "提议发起申请" in client.get("/admin/treasury/tokenrequest/", **asked).content.decode()
        )
        english = client.get("/admin/treasury/tokenrequest/propose_request/").content.decode()
        assert "Amount in yuan" in english


def _sentences_with_values() -> dict[str, str]:
    """What services refuse with beside fixed sentences: where it stands, with X for each value."""
    found = {}
    for source in translations.REFUSING:
        for path in translations.modules(translations.ROOT / source):
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                    continue
                at = translations.SAYS_AT.get(node.func.id)
                said = node.args[at] if at is not None and len(node.args) > at else None
                if isinstance(said, ast.JoinedStr):
                    parts = [
                        str(part.value) if isinstance(part, ast.Constant) else "X"
                        for part in said.values
                    ]
                    found[f"{path.name}:{node.lineno}"] = "".join(parts)
    return found


def test_refusals_with_values_in_them_are_translated_too() -> None:
    sentences = _sentences_with_values()
    assert len(sentences) > 10
    with override("zh-hans"):
        left = {where: said for where, said in sentences.items() if in_words(said) == said}
        assert left == {}
        assert in_words("ann is operator already.") == "ann 已是 operator。"
        assert in_words("The request is approved.") == "该申请的状态为 approved。"
        assert in_words("nothing of ours") == "nothing of ours"
    with override("en"):
        assert in_words("The request is approved.") == "The request is approved."
        assert in_words("The wallet is frozen.") == "The wallet is frozen."


@pytest.mark.django_db(databases=DATABASES)
def test_refusal_is_shown_in_chinese_and_logged_as_it_is() -> None:
    with institution("harbor"):
        client = person("all", superuser=True)
        form = {"_form_submitted": "1", "low": "9", "high": "9", "reason": "x"}
        path = "/admin/treasury/replenishmentmarks/propose_marks/"
        asked: Any = {"headers": {"Accept-Language": "zh-CN,zh;q=0.9"}}
        page = client.post(path, form, follow=True, **asked).content.decode()
        assert "库存下限须低于上限" in page
        entry = AuditEntry.objects.get(action="set_stock_marks_refused")
        assert entry.detail["code"] == "invalid_amount"
