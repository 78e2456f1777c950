"""What lets money leave a wallet: a device of its holder, and the evidence that it agreed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cbdc.clock import now
from cbdc.crypto.http_signatures import Verified
from wallets.accounts.authentication import NEW_DEVICE_CATEGORY, Caller


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Kept with the payment; without a device it is an institution's own doing (a refund)."""

    device_id: UUID | None = None
    limited_until: datetime | None = None
    signature_base: str = ""
    signature: bytes = b""

    @classmethod
    def of(cls, caller: Caller, proof: Verified) -> "Authorisation":
        """The caller's device signed the request itself."""
        return cls(caller.device_id, caller.limited_until, proof.signature_base, proof.signature)

    @property
    def strict_category(self) -> int | None:
        """The category whose limits hold on top of the wallet's own, while the device is new."""
        is_new = self.limited_until is not None and self.limited_until > now()
        return NEW_DEVICE_CATEGORY if is_new else None
