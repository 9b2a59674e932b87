"""A seller's shipping in the books: what the shopper pays of it, and what the platform adds (R-PRO-6)."""

from uuid import UUID

import msgspec

from api.ledger.rounding import slice_of


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """What a seller gets for sending a parcel: `charged_minor` of the shopper, `platform_minor` of the platform.

    A discount that the seller pays is in neither: it is no income.
    """

    seller_id: UUID
    charged_minor: int
    platform_minor: int = 0

    @property
    def income_minor(self) -> int:
        """All of it."""
        return self.charged_minor + self.platform_minor

    def part(self, before: int, now: int, *, first: bool) -> "Charge":
        """The piece that goes with `now` of what the shopper pays after `before`; a free one with the first capture."""
        platform = self.platform_minor if first else 0
        if self.charged_minor:
            platform = slice_of(self.platform_minor, self.charged_minor, before, now)
        return Charge(seller_id=self.seller_id, charged_minor=now, platform_minor=platform)


class ChargeBack(msgspec.Struct, frozen=True, kw_only=True):
    """What goes back of a charge: `amount_minor` of the shopper's money, after `before_minor` went back earlier.

    One that the shopper paid nothing of goes back whole.
    """

    charge: Charge
    amount_minor: int
    before_minor: int = 0

    @property
    def platform_minor(self) -> int:
        """The platform's share, which it gets back with it."""
        whole = self.charge.platform_minor
        if not self.charge.charged_minor:
            return whole
        return slice_of(whole, self.charge.charged_minor, self.before_minor, self.amount_minor)
