"""Text messages: an interface, and the two back ends that need no operator."""

import json
import sys
import threading
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from commercial_banks.customers.privacy import look_up_hash


class SmsBackend(Protocol):
    """Delivers to a phone in E.164."""

    def send_otp(self, phone: str, otp: str) -> None:
        """A one-time password."""

    def send_text(self, phone: str, text: str) -> None:
        """A notification."""


class ConsoleSms:
    """Writes to standard output: for a developer's own machine."""

    def send_otp(self, phone: str, otp: str) -> None:
        sys.stdout.write(f"SMS to …{phone[-2:]}: {otp}\n")

    def send_text(self, phone: str, text: str) -> None:
        sys.stdout.write(f"SMS to …{phone[-2:]}: {text}\n")


class FileSms:
    """Keeps what each phone got last in STATE_DIR/sms, for the development network."""

    def send_otp(self, phone: str, otp: str) -> None:
        self._write(self._file(phone), {"otp": otp})

    def send_text(self, phone: str, text: str) -> None:
        self._write(self._file(phone).with_suffix(".text.json"), {"text": text})

    def last_otp(self, phone: str) -> str | None:
        """The last password sent to that phone, or None."""
        file = self._file(phone)
        return str(json.loads(file.read_text())["otp"]) if file.exists() else None

    def last_text(self, phone: str) -> str | None:
        """The last notification sent to that phone, or None."""
        file = self._file(phone).with_suffix(".text.json")
        return str(json.loads(file.read_text())["text"]) if file.exists() else None

    def _write(self, file: Path, content: dict[str, str]) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(f".{threading.get_ident()}.new")
        new.write_text(json.dumps(content))
        new.replace(file)

    def _file(self, phone: str) -> Path:
        return Path(settings.STATE_DIR) / "sms" / f"{look_up_hash(phone)}.json"


def backend() -> SmsBackend:
    """The back end of SMS_BACKEND."""
    made: SmsBackend = import_string(settings.SMS_BACKEND)()
    return made
