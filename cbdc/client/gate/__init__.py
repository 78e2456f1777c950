"""The reference gate: decides without a network, keeps each tap before it opens, uploads later.

store = Store.open(Path("var/gate"))
gate = Gate(store, Place("harbour", "G7", Direction.ENTRY))
decision = gate.show(text_that_was_scanned)

`Worker` fetches keys and the deny list and uploads, in a thread of its own. No Django here:
`python -m cbdc.client.gate` runs on whatever has Python, cryptography and requests.
"""

from cbdc.client.gate.decisions import Decision, Opened, Reason, Refused
from cbdc.client.gate.gate import Gate, NoKeys
from cbdc.client.gate.place import Direction, Place
from cbdc.client.gate.store import Store, StoreError
from cbdc.client.gate.worker import Links, Worker

__all__ = [
    "Decision",
    "Direction",
    "Gate",
    "Links",
    "NoKeys",
    "Opened",
    "Place",
    "Reason",
    "Refused",
    "Store",
    "StoreError",
    "Worker",
]
