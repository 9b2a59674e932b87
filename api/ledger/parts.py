"""Parts of a sale: money that is captured in pieces books each order line in pieces that add up to it exactly."""

from collections.abc import Sequence

from api.ledger.charges import Charge
from api.ledger.entries import SoldLine
from api.ledger.rounding import slice_of
from api.money import shares


class PartOfLine(SoldLine, frozen=True, kw_only=True):
    """A piece of a sold line, with its piece of the commission."""

    commission_part_minor: int

    @property
    def commission_minor(self) -> int:
        """The platform's commission on this piece."""
        return self.commission_part_minor


def spread(wholes: Sequence[int], captured: Sequence[int], now: int) -> tuple[list[int], list[int]]:
    """Per whole what earlier captures took of it, one after the other, and what this one takes; never too much."""
    before = captured_of(wholes, captured)
    return before, shares(now, [whole - taken for whole, taken in zip(wholes, before, strict=True)])


def captured_of(wholes: Sequence[int], captured: Sequence[int]) -> list[int]:
    """Per whole what captures of these amounts took of it, one after the other."""
    left = list(wholes)
    for amount in captured:
        left = [rest - part for rest, part in zip(left, shares(amount, left), strict=True)]
    return [whole - rest for whole, rest in zip(wholes, left, strict=True)]


def units_of(line: SoldLine, captured_minor: int) -> int:
    """How many units of a line are booked as sold once so much of its total is captured."""
    if line.total_minor == 0:
        return line.quantity
    return slice_of(line.quantity, line.total_minor, 0, captured_minor)


def part_of(line: SoldLine, before: int, now: int, *, first: bool) -> SoldLine:
    """The piece of a line that goes with `now` of its total after `before`; a free line goes with the first capture."""

    def piece(minor: int) -> int:
        if line.total_minor == 0:
            return minor if first else 0
        return slice_of(minor, line.total_minor, before, now)

    by_platform = piece(line.platform_discount_minor)
    # What each of the two pays is cut by itself: cut from the whole, the difference could fall below zero by a penny.
    by_seller = piece(line.discount_minor - line.platform_discount_minor)
    return PartOfLine(
        order_item_id=line.order_item_id,
        product_id=line.product_id,
        seller_id=line.seller_id,
        quantity=piece(line.quantity),
        total_minor=now,
        discount_minor=by_seller + by_platform,
        platform_discount_minor=by_platform,
        tax_minor=piece(line.tax_minor),
        commission_bp=line.commission_bp,
        commission_part_minor=piece(line.commission_minor),
    )


def parts(
    sold: Sequence[SoldLine], shipping: Sequence[Charge], captured: Sequence[int], now: int
) -> tuple[list[SoldLine], list[Charge]]:
    """Lines and shipping of a capture of `now`, after earlier captures of these amounts."""
    wholes = [*(line.total_minor for line in sold), *(one.charged_minor for one in shipping)]
    before, taken = spread(wholes, captured, now)
    pieces = list(zip(before, taken, strict=True))
    first = not captured
    return (
        [part_of(line, *piece, first=first) for line, piece in zip(sold, pieces[: len(sold)], strict=True)],
        [one.part(*piece, first=first) for one, piece in zip(shipping, pieces[len(sold) :], strict=True)],
    )
