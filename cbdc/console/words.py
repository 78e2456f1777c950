"""The words of the admin's pages, in the language of who looks.

Django names a field after its attribute, a column after its function and a form's field after
its name, all in English. Here each such name becomes a text that is looked up in the catalogue
when a page shows it, so that models and pages need not say it again. `visible` lists them all for
the catalogue, and for the test that nothing is left untranslated.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.forms.utils import pretty_name
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, override

OURS = ("cbdc.", "central_bank.", "commercial_banks.", "wallets.")


def spoken(text: Any) -> Any:
    """The text in the language of the page; what is so already, or empty, as it is."""
    return gettext_lazy(text) if text and not isinstance(text, Promise) else text


def speak_models() -> None:
    """Names of our models, of their fields and of the fields' choices.

    Migrations do not see it: they look at what the model's code says.
    """
    for model in _models():
        options = model._meta
        options.verbose_name = spoken(options.verbose_name)
        options.verbose_name_plural = spoken(options.verbose_name_plural)
        for field in _fields(model):
            field.verbose_name = spoken(field.verbose_name)
            if field.choices:
                field.choices = [(value, spoken(label)) for value, label in field.choices]


def speak_form(form: Any) -> None:
    """Labels, hints and choices of a form's fields."""
    for name, field in form.base_fields.items():
        field.label = spoken(field.label or pretty_name(name))
        field.help_text = spoken(field.help_text)


def speak_columns(page: Any, names: Iterable[Any]) -> None:
    """Titles of the columns that a page computes."""
    for name in names:
        column: Any = getattr(type(page), name, None) if isinstance(name, str) else name
        if isinstance(getattr(column, "short_description", None), str):
            column.short_description = spoken(column.short_description)


def visible() -> set[str]:
    """Every text of our admin pages that Django or the theme does not translate itself."""
    texts: set[str] = set()
    with override(None):  # as they stand in the code
        for model, page in admin.site._registry.items():
            if type(page).__module__.startswith(OURS):
                texts |= {str(text) for text in _of_page(model, page) if text}
    return texts


def _of_page(model: type[models.Model], page: Any) -> Iterator[Any]:
    for shown in (model, *(inline.model for inline in page.inlines)):
        if not shown.__module__.startswith(OURS):
            continue
        yield from (shown._meta.verbose_name, shown._meta.verbose_name_plural)
        hidden = set(page.exclude or ()) if shown is model else set()
        for field in _fields(shown):
            if field.name not in hidden:
                yield field.verbose_name
                yield from (label for _, label in field.choices or ())
    for name in (*page.list_display, *page.readonly_fields):
        column = getattr(page, name, None) if isinstance(name, str) else name
        yield getattr(column, "short_description", None)
    forms_of_page = [page.adding] if getattr(page, "adding", None) else []
    for name in (*page.actions_list, *page.actions_detail, *(page.actions or ())):
        verb = getattr(page, name)
        yield getattr(verb, "short_description", None)
        dialog = getattr(verb, "dialog", None)
        if dialog is not None:
            yield from (dialog[part] for part in ("title", "description", "form_submit_text"))
            forms_of_page.append(dialog["form_class"])
    for form in forms_of_page:
        base = form.__bases__[0]
        djangos = base.base_fields if base.__module__.startswith("django.contrib.") else {}
        for name, field in form.base_fields.items():
            if not name.startswith("_") and name not in djangos:
                yield from (field.label or pretty_name(name), field.help_text)


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith(OURS)]


def _fields(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.get_fields() if isinstance(field, models.Field)]
