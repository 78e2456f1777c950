"""Sending one-time passwords: an interface, and the two back ends that need no operator."""

import json
import sys
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from commercial_banks.customers.privacy import look_up_hash


class SmsBackend(Protocol):
    """Delivers a one-time password to a phone in E.164."""

    def send_otp(self, phone: str, otp: str) -> None: ...


class ConsoleSms:
    """Writes to standard output: for a developer's own machine."""

    def send_otp(self, phone: str, otp: str) -> None:
        sys.stdout.write(f"SMS to …{phone[-2:]}: {otp}\n")


class FileSms:
    """Keeps the last password of each phone in STATE_DIR/sms, for the development network."""

    def send_otp(self, phone: str, otp: str) -> None:
        file = self._file(phone)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"otp": otp}))
        new.replace(file)

    def last_otp(self, phone: str) -> str | None:
        """The last password sent to that phone, or None."""
        file = self._file(phone)
        return str(json.loads(file.read_text())["otp"]) if file.exists() else None

    def _file(self, phone: str) -> Path:
        return Path(settings.STATE_DIR) / "sms" / f"{look_up_hash(phone)}.json"


def backend() -> SmsBackend:
    """The back end of SMS_BACKEND."""
    made: SmsBackend = import_string(settings.SMS_BACKEND)()
    return made
