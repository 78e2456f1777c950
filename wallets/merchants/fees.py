"""What the bank keeps of an order: a pure rule, with worked tables in docs/flows/merchants.md."""

BASIS_POINTS = 10_000  # one, of which a basis point is a part


def fee_of(amount: int, *, basis_points: int, floor: int = 0, cap: int | None = None) -> int:
    """The fee in fen of `amount` fen, after refunds; never above the amount itself.

    `basis_points` of the amount, rounded half up to a fen, at least `floor`, at most `cap`.
    Nothing is due of nothing: an order that was refunded whole cost no fee.
    """
    if amount <= 0:
        return 0
    share = (amount * basis_points + BASIS_POINTS // 2) // BASIS_POINTS
    due = max(share, floor)
    if cap is not None:
        due = min(due, cap)
    return min(due, amount)
