"""Making transit credentials: a mandate of a wallet, on one device, that gates check offline."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from cbdc.clock import china_today, now
from cbdc.crypto.algorithms import Ed25519Signer
from cbdc.crypto.transit_credential import TransitCredential, device_binding, sign_credential
from cbdc.institution import this_institution
from cbdc.messaging.identity import own_key
from wallets.accounts.models import Device, Wallet
from wallets.accounts.states import require_active
from wallets.transit.domain.taps import DEFAULT_CLASS
from wallets.transit.models import Credential, RiderClass

VALID_FOR = timedelta(days=7)  # a phone renews it long before; a lost key of the bank ends it


def make_credential(*, wallet: Wallet, device_id: UUID) -> tuple[UUID, str, datetime]:
    """The wallet's credential on that device, fresh: its id, its text, and when it ends.

    A second call renews it, under the same id. Runs in the caller's transaction.

    Raises:
        Problem: wallet_frozen, wallet_closed.
    """
    require_active(wallet)
    device = Device.objects.get(id=device_id)
    expires_at = (now() + VALID_FOR).replace(microsecond=0)
    row, _ = Credential.objects.update_or_create(
        wallet=wallet,
        device=device,
        revoked_at=None,
        defaults={"rider_class": class_of(wallet), "expires_at": expires_at},
    )
    credential = TransitCredential(
        credential_id=row.id,
        institution_number=this_institution().number,
        rider_class=row.rider_class,
        expires_at=expires_at,
        device_binding=device_binding(row.id, device.public_key),
    )
    return row.id, sign_credential(credential, Ed25519Signer.of(own_key())), expires_at


def class_of(wallet: Wallet) -> str:
    """The class of the wallet's holder today, which a sub-wallet's own row may change."""
    today = china_today()
    rows = RiderClass.objects.filter(wallet__in=[wallet.wallet_id, wallet.family])
    names = dict(rows.filter(Q(until=None) | Q(until__gte=today)).values_list("wallet_id", "name"))
    return names.get(wallet.wallet_id) or names.get(wallet.family) or DEFAULT_CLASS
