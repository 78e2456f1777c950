"""What an operator chooses: whether riders pay for a day at once, or for each journey."""

from wallets.transit.models import Operator


def choose_billing(operator: Operator, billing: Operator.Billing) -> None:
    """Bill so from now on. Days that were billed the other way stay as they are."""
    operator.billing = billing
    operator.save(update_fields=["billing"])
