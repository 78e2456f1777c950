"""What a new development network starts with: hooks that each role's apps register.

An app puts its hooks into a module `seeds.py`:

    @register(Role.COMMERCIAL_BANK)
    def customers() -> Seed:
        return {"people": [...]}

A hook runs at every start, in a transaction of its own, so it makes only what is missing,
and it returns all that it stands for. What the hooks of one institution return is put
together, kept in `STATE_DIR/seed.json` and shown by `/devnet/seed`.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import autodiscover_modules

from cbdc.institution import Role
from cbdc.private_file import write_private

Seed = Mapping[str, list[dict[str, Any]]]
Hook = Callable[[], Seed | None]

SECTIONS = ("people", "merchants", "staff")  # API.md, "Devnet only"

_hooks: dict[Role, list[Hook]] = {role: [] for role in Role}


def register(role: Role) -> Callable[[Hook], Hook]:
    """Have the decorated hook run whenever an institution of `role` is seeded."""

    def decorate(hook: Hook) -> Hook:
        if hook not in _hooks[role]:
            _hooks[role].append(hook)
        return hook

    return decorate


def seed(role: Role) -> dict[str, list[dict[str, Any]]]:
    """Run the hooks of `role` in the order of INSTALLED_APPS, and keep what they return."""
    autodiscover_modules("seeds")
    seeded: dict[str, list[dict[str, Any]]] = {section: [] for section in SECTIONS}
    for hook in _hooks[role]:
        with transaction.atomic():
            result = hook()
        for section, rows in (result or {}).items():
            seeded.setdefault(section, []).extend(rows)
    _write(seed_file(), seeded)
    return seeded


def seeded() -> dict[str, list[dict[str, Any]]]:
    """What the last `seed` of this institution kept; empty sections before the first."""
    file = seed_file()
    if not file.exists():
        return {section: [] for section in SECTIONS}
    kept: dict[str, list[dict[str, Any]]] = json.loads(file.read_text(encoding="utf-8"))
    return kept


def seed_file() -> Path:
    """Where this institution keeps what was seeded; its owner alone reads it."""
    return Path(settings.STATE_DIR) / "seed.json"


def _write(file: Path, content: object) -> None:
    """All or nothing: `/devnet/seed` may read while this writes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private(file, json.dumps(content, indent=1).encode())
