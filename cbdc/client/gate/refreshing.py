"""Fetching ahead what a gate needs to decide by itself: keys and the deny list."""

from cbdc.client.central_bank import CentralBankClient
from cbdc.client.gate import deny_list, directory
from cbdc.client.gate.store import Store
from cbdc.client.operator_client import OperatorClient
from cbdc.client.transit_models import DenyListChanges
from cbdc.clock import now, rfc3339
from cbdc.identifiers import parse_uuid

KEYS_AT = "keys_at"  # notes: when each was last fetched
DENY_LIST_AT = "deny_list_at"


def refresh_keys(store: Store, central_bank: CentralBankClient) -> None:
    """Fetch the institutions' keys; what is wrong with the answer leaves the old ones.

    Raises:
        ApiProblem, Unreachable, ValueError.
    """
    directory.keep(store, central_bank.institutions())
    store.put_note(KEYS_AT, rfc3339(now()))


def refresh_deny_list(store: Store, operator: OperatorClient) -> None:
    """Fetch what changed on the deny list, or all of it the first time and from another bank.

    Raises:
        ApiProblem, Unreachable, ValueError.
    """
    bank = operator.base_url
    since = deny_list.version_of(store, bank)
    changes = _checked(operator.deny_list(since))
    if changes.version < since:  # the bank was restored from a backup: nothing of ours counts
        since = 0
        changes = _checked(operator.deny_list(since))
    if since == 0:
        deny_list.replace(store, bank=bank, version=changes.version, entries=changes.added)
    elif changes.version > since:
        deny_list.apply(
            store, version=changes.version, added=changes.added, removed=changes.removed
        )
    store.put_note(DENY_LIST_AT, rfc3339(now()))


def _checked(changes: DenyListChanges) -> DenyListChanges:
    if type(changes.version) is not int or changes.version < 0:
        raise ValueError("a deny list without a version")
    for credential_id in (*changes.added, *changes.removed):
        parse_uuid(credential_id)
    return changes
