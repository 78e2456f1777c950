"""What issuance and clearing do when the central bank starts and when a bank is admitted.

Supervision knows neither of them: they register here (DESIGN section 2).
"""

from collections.abc import Callable

from central_bank.supervision.directory import Bank

Initialiser = Callable[[], None]
AdmissionHandler = Callable[[Bank], None]
_initialisers: list[Initialiser] = []
_admissions: list[AdmissionHandler] = []


def at_initialisation(function: Initialiser) -> Initialiser:
    """Run `function` in `init_central_bank`; a second run must change nothing."""
    if function not in _initialisers:
        _initialisers.append(function)
    return function


def at_admission(function: AdmissionHandler) -> AdmissionHandler:
    """Run `function` when a bank is admitted, or again with new details."""
    if function not in _admissions:
        _admissions.append(function)
    return function


def initialise() -> None:
    """Run what was registered, in order."""
    for function in _initialisers:
        function()


def admitted(bank: Bank) -> None:
    """Tell whoever registered, in order."""
    for function in _admissions:
        function(bank)
