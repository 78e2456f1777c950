"""The gate's decision: one credential in, open or not out, in a few milliseconds and offline."""

from cbdc.client.gate import deny_list, taps
from cbdc.client.gate.decisions import Decision, Opened, Reason, Refused
from cbdc.client.gate.directory import KeptKeys
from cbdc.client.gate.passing import Passing, passing
from cbdc.client.gate.place import Direction, Place
from cbdc.client.gate.store import Store
from cbdc.client.transit_models import UploadedTap
from cbdc.clock import now
from cbdc.crypto.transit_credential import CredentialError
from cbdc.identifiers import new_id


class NoKeys(Exception):  # noqa: N818 - a state of the gate, not an error of its program
    """No institution's key was ever fetched, so nobody's credential could be checked."""


class Gate:
    """One gate, with its station's store.

    Raises:
        NoKeys: it does not open without keys: it would refuse everyone, and nobody would know
            why.
    """

    def __init__(self, store: Store, place: Place) -> None:
        self.place = place
        self._store = store
        self._keys = KeptKeys(store)
        if not self._keys.ring().keys:
            raise NoKeys

    def show(self, text: str) -> Decision:
        """Decide about what was read. When the answer is `Opened`, its tap is on the disk.

        A gate that is killed before anybody heard the answer says it again when the credential
        is shown again: it is the same tap.

        Raises:
            sqlite3.Error: the tap cannot be kept (the disk is full): the gate must stay shut.
        """
        moment = now()
        try:
            credential = self._keys.ring().verify(text, now=moment)
        except CredentialError as error:
            return Refused(Reason(error.refusal.value))
        rider = str(credential.credential_id)
        # Whom the list denies does not get in. Who is in gets out, and pays for the way: shut in,
        # they would owe the maximum fare for an exit that the gate did not take.
        if self.place.direction is Direction.ENTRY and deny_list.is_denied(self._store, rider):
            return Refused(Reason.DENIED)
        with self._store.transaction():  # two gates may be shown one credential at once
            last = taps.last_seen(self._store, rider, self.place.station)
            judged = passing(last, self.place, moment)
            if judged is Passing.PASSED_BACK:
                return Refused(Reason.PASSED_BACK)
            if judged is Passing.SAME and last is not None:
                return Opened(last.tap_id, credential.rider_class, again=True)
            tap = UploadedTap(
                tap_id=str(new_id()),
                credential=text,
                gate_id=self.place.gate_id,
                station=self.place.station,
                direction=self.place.direction.value,
                tapped_at=moment,
            )
            taps.keep(self._store, rider, tap)
        return Opened(tap.tap_id, credential.rider_class)
