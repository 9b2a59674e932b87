"""What promotions take off a cart: pure arithmetic, the same for the cart's answer and for checkout (R-PRO-2, R-PRO-3).

One promotion that applies by itself, the best for the shopper, then one coupon on what remains. A promotion touches
lines of its scope only, one that a seller pays for lines of that seller only.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from api.money import BASIS_POINTS, half_even, shares

Reason = Literal["unknown", "not_started", "ended", "scope", "minimum", "currency"]
NO_SHIPPING: Mapping[UUID, int] = {}


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion with what decides whether and how much it gives; `used_by_shopper` are the shopper's live uses."""

    id: UUID
    name: str
    code: str | None = None
    kind: str
    value_bp: int | None = None
    value_minor: int | None = None
    currency: str | None = None
    min_subtotal_minor: int = 0
    max_discount_minor: int | None = None
    scope_id: UUID | None = None
    seller_id: UUID | None = None
    funded_by: str
    status: str = "active"
    starts_at: datetime
    ends_at: datetime | None = None
    usage_limit: int | None = None
    per_user_limit: int | None = None
    used_count: int = 0
    used_by_shopper: int = 0
    version: int = 1

    @property
    def exhausted(self) -> bool:
        """Whether no use is left, at all or for the shopper."""
        all_used = self.usage_limit is not None and self.used_count >= self.usage_limit
        return all_used or (self.per_user_limit is not None and self.used_by_shopper >= self.per_user_limit)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A cart line: what its units cost, its seller, and what a scope may name of it (product, seller, categories)."""

    total_minor: int
    seller_id: UUID
    targets: frozenset[UUID]


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """Lines in one currency, at one moment; `shipping` is the charge by seller."""

    lines: tuple[Line, ...]
    currency: str
    at: datetime
    shipping: Mapping[UUID, int] = NO_SHIPPING


class Use(msgspec.Struct, frozen=True):
    """What one promotion takes off each line, and off the shipping by seller."""

    promotion: Promotion
    parts: tuple[int, ...]
    shipping: Mapping[UUID, int] = NO_SHIPPING

    @property
    def shipping_minor(self) -> int:
        """What is taken off the shipping."""
        return sum(self.shipping.values())

    @property
    def total_minor(self) -> int:
        """All of it."""
        return sum(self.parts) + self.shipping_minor


class Discounts(msgspec.Struct, frozen=True):
    """What was used of promotions; per line, and for shipping per seller, the whole and the platform's part of it."""

    uses: tuple[Use, ...]
    lines: tuple[int, ...]
    platform: tuple[int, ...]
    shipping: Mapping[UUID, int] = NO_SHIPPING
    platform_shipping: Mapping[UUID, int] = NO_SHIPPING

    @property
    def goods_minor(self) -> int:
        """What is taken off the goods."""
        return sum(self.lines)

    @property
    def shipping_minor(self) -> int:
        """What is taken off the shipping."""
        return sum(self.shipping.values())


def refusal(promotion: Promotion, basket: Basket) -> Reason | None:
    """Why a promotion does not apply to a basket (R-PRO-1); limits of use are `exhausted`."""
    if promotion.status == "draft":
        return "unknown"
    if promotion.status != "active" or (promotion.ends_at and promotion.ends_at <= basket.at):
        return "ended"
    if promotion.starts_at > basket.at:
        return "not_started"
    eligible = [line for line in basket.lines if covers(promotion, line)]
    if not eligible:
        return "scope"
    if promotion.currency not in (None, basket.currency):
        return "currency"
    return "minimum" if sum(line.total_minor for line in eligible) < promotion.min_subtotal_minor else None


def covers(promotion: Promotion, line: Line) -> bool:
    """Whether a line is in a promotion's scope and its seller the one who pays, if a seller does."""
    in_scope = promotion.scope_id is None or promotion.scope_id in line.targets
    return in_scope and promotion.seller_id in (None, line.seller_id)


def reduce(basket: Basket, automatic: Sequence[Promotion], coupon: Promotion | None = None) -> Discounts:
    """The best of `automatic` and then the coupon; what does not apply, is used up or saves nothing is left out."""
    remaining = [line.total_minor for line in basket.lines]
    shipping = dict(basket.shipping)
    best = max((_use(one, basket, remaining, shipping) for one in _valid(automatic, basket)), key=_rank, default=None)
    uses = [best] if best else []
    if best:
        remaining = [rest - part for rest, part in zip(remaining, best.parts, strict=True)]
        shipping = {seller: minor - best.shipping.get(seller, 0) for seller, minor in shipping.items()}
    if coupon:
        uses += [_use(one, basket, remaining, shipping) for one in _valid([coupon], basket)]
    return _summed(basket, [use for use in uses if use.total_minor])


def _valid(promotions: Sequence[Promotion], basket: Basket) -> list[Promotion]:
    return [one for one in promotions if not one.exhausted and refusal(one, basket) is None]


def _rank(use: Use) -> tuple[int, int]:
    """The most for the shopper; of equals the oldest, so that the same basket always gets the same."""
    return use.total_minor, -use.promotion.id.int


def _use(promotion: Promotion, basket: Basket, remaining: Sequence[int], shipping: Mapping[UUID, int]) -> Use:
    """A promotion's parts of the lines, largest remainders first, so that they add up to the minor unit."""
    covered = [covers(promotion, line) for line in basket.lines]
    if promotion.kind == "free_shipping":
        sellers = {line.seller_id for line, inside in zip(basket.lines, covered, strict=True) if inside}
        charges = {seller_id: minor for seller_id, minor in sorted(shipping.items()) if seller_id in sellers}
        parts = shares(_capped(promotion, sum(charges.values())), list(charges.values()))
        return Use(promotion, (0,) * len(remaining), dict(zip(charges, parts, strict=True)))
    weights = [rest if inside else 0 for rest, inside in zip(remaining, covered, strict=True)]
    return Use(promotion, tuple(shares(_value(promotion, sum(weights)), weights)))


def _value(promotion: Promotion, base_minor: int) -> int:
    if promotion.kind == "percent":
        value = half_even(base_minor * (promotion.value_bp or 0), BASIS_POINTS)
    else:
        value = promotion.value_minor or 0
    return min(_capped(promotion, value), base_minor)


def _capped(promotion: Promotion, minor: int) -> int:
    return minor if promotion.max_discount_minor is None else min(minor, promotion.max_discount_minor)


def _summed(basket: Basket, uses: Sequence[Use]) -> Discounts:
    none, by_platform = (0,) * len(basket.lines), [use for use in uses if use.promotion.funded_by == "platform"]
    return Discounts(
        tuple(uses),
        tuple(map(sum, zip(none, *(use.parts for use in uses), strict=True))),
        tuple(map(sum, zip(none, *(use.parts for use in by_platform), strict=True))),
        _by_seller(uses),
        _by_seller(by_platform),
    )


def _by_seller(uses: Sequence[Use]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for use in uses:
        for seller_id, minor in use.shipping.items():
            found[seller_id] = found.get(seller_id, 0) + minor
    return found
