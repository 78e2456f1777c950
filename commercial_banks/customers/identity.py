"""Is this person who they say they are? An interface, and the bank's own register behind it."""

import hmac
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from commercial_banks.customers.models import Customer
from commercial_banks.customers.privacy import decrypt, look_up_hash


class IdentityCheck(Protocol):
    """Answers whether a name, an identity number and a phone are one person's."""

    def is_person(self, *, full_name: str, id_number: str, phone_hash: str) -> bool:
        """True if all three belong together. `phone_hash` is `privacy.look_up_hash` of it."""


class CustomerRegister:
    """Knows the people whom this bank has identified before: its customers."""

    def is_person(self, *, full_name: str, id_number: str, phone_hash: str) -> bool:
        customer = Customer.objects.filter(id_number_hash=look_up_hash(id_number)).first()
        if customer is None:
            return False
        same_name = hmac.compare_digest(
            decrypt(customer.full_name_sealed).encode(), full_name.encode()
        )
        return same_name and hmac.compare_digest(customer.phone_hash, phone_hash)


def identity_check() -> IdentityCheck:
    """The check of IDENTITY_CHECK."""
    made: IdentityCheck = import_string(settings.IDENTITY_CHECK)()
    return made
