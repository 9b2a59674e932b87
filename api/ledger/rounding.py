"""How the books divide: half to even, and in parts that always add up to the whole (R-LED-4)."""

from api.money import BASIS_POINTS, half_even


def tax_within(total_minor: int, tax_bp: int) -> int:
    """The tax contained in a line's total."""
    return half_even(total_minor * tax_bp, BASIS_POINTS + tax_bp)


def commission_on(net_minor: int, commission_bp: int) -> int:
    """The platform's commission on a seller's net: the line's total (discount off) without tax."""
    return half_even(net_minor * commission_bp, BASIS_POINTS)


def slice_of(amount_minor: int, whole_minor: int, before_minor: int, part_minor: int) -> int:
    """The part of `amount` that goes with `part` of `whole`, after `before` of it went earlier.

    Successive parts that add up to the whole get slices that add up to the amount, so that a line which is refunded
    in pieces ends at exactly zero tax and zero commission.
    """
    if whole_minor == 0:
        return 0
    upto = half_even(amount_minor * (before_minor + part_minor), whole_minor)
    return upto - half_even(amount_minor * before_minor, whole_minor)
