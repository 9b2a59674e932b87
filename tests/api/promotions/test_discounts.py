"""What promotions take off: exact to the minor unit, never negative, the best for the shopper, then the coupon."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.promotions.discounts import Basket, Discounts, Line, Promotion, covers, reduce, refusal

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
SELLERS = [UUID(int=n) for n in range(1, 4)]
PRODUCTS = [UUID(int=n) for n in range(11, 16)]
CATEGORIES = [UUID(int=n) for n in range(21, 24)]


def promotion(**values: Any) -> Promotion:
    usual: dict[str, Any] = {
        "id": uuid4(),
        "name": "Advent",
        "kind": "percent",
        "funded_by": "platform",
        "starts_at": AT,
    }
    return Promotion(**(usual | values))


def line(total: int, *, seller: UUID = SELLERS[0], product: UUID = PRODUCTS[0], category: UUID = CATEGORIES[0]) -> Line:
    return Line(total_minor=total, seller_id=seller, targets=frozenset({seller, product, category}))


def basket(*totals: int, **more: Any) -> Basket:
    return Basket(lines=tuple(line(total) for total in totals), currency="GBP", at=AT, **more)


@st.composite
def promotions(draw: st.DrawFn) -> Promotion:
    kind = draw(st.sampled_from(["percent", "fixed", "free_shipping"]))
    funder = draw(st.sampled_from([None, *SELLERS]))
    return promotion(
        kind=kind,
        value_bp=draw(st.integers(1, 10_000)) if kind == "percent" else None,
        value_minor=draw(st.integers(1, 10**7)) if kind == "fixed" else None,
        min_subtotal_minor=draw(st.sampled_from([0, 0, 1000, 10**6])),
        max_discount_minor=draw(st.none() | st.integers(1, 10**6)),
        currency=draw(st.sampled_from([None, "GBP", "GBP", "EUR"])),
        scope_id=draw(st.sampled_from([None, None, *SELLERS, *PRODUCTS, *CATEGORIES])),
        seller_id=funder,
        funded_by="seller" if funder else "platform",
    )


lines = st.builds(
    line,
    st.integers(1, 10**7),
    seller=st.sampled_from(SELLERS),
    product=st.sampled_from(PRODUCTS),
    category=st.sampled_from(CATEGORIES),
)
baskets = st.builds(
    Basket,
    lines=st.lists(lines, min_size=1, max_size=8).map(tuple),
    currency=st.just("GBP"),
    at=st.just(AT),
    shipping=st.dictionaries(st.sampled_from(SELLERS), st.integers(0, 5000)),
)


@given(baskets, st.lists(promotions(), max_size=4), st.none() | promotions())
def test_shares_add_up_and_nothing_falls_below_zero(
    bought: Basket, automatic: list[Promotion], coupon: Promotion | None
) -> None:
    """R-PRO-2, R-PRO-3: each promotion's parts are its discount, in its lines; a line and the total stay above -1."""
    found = reduce(bought, automatic, coupon)
    assert len(found.uses) <= 2
    for use in found.uses:
        assert use.total_minor > 0
        assert all(part >= 0 for part in use.parts)
        assert all(covers(use.promotion, line) for line, part in zip(bought.lines, use.parts, strict=True) if part)
        assert use.promotion.max_discount_minor is None or use.total_minor <= use.promotion.max_discount_minor
        assert refusal(use.promotion, bought) is None
    assert [sum(parts) for parts in zip(*(use.parts for use in found.uses), strict=True)] == (
        list(found.lines) if found.uses else []
    )
    for line, whole, platform in zip(bought.lines, found.lines, found.platform, strict=True):
        assert 0 <= platform <= whole <= line.total_minor
    for seller_id, charge in bought.shipping.items():
        by_platform, whole = found.platform_shipping.get(seller_id, 0), found.shipping.get(seller_id, 0)
        assert 0 <= by_platform <= whole <= charge
    assert found.shipping_minor == sum(use.shipping_minor for use in found.uses)


@given(baskets, st.lists(promotions(), min_size=1, max_size=5))
def test_the_best_one_that_applies_by_itself_applies(bought: Basket, automatic: list[Promotion]) -> None:
    """R-PRO-2: no other of them would take off more."""
    best = taken(reduce(bought, automatic))
    assert best == max(taken(reduce(bought, [one])) for one in automatic)


def taken(found: Discounts) -> int:
    return sum(use.total_minor for use in found.uses)


@given(st.integers(1, 10**9), st.integers(1, 10_000))
def test_a_percentage_rounds_half_to_even(total: int, value_bp: int) -> None:
    """R-PRO-3."""
    found = reduce(basket(total), [], promotion(code="X", value_bp=value_bp))
    assert found.goods_minor == round(Fraction(total * value_bp, 10_000))


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=9), st.integers(1, 10**7))
def test_a_fixed_discount_is_spread_by_value(totals: list[int], value: int) -> None:
    """R-PRO-3: no line is further than one unit from its exact share."""
    found = reduce(basket(*totals), [promotion(kind="fixed", value_minor=value, currency="GBP")])
    given_off = min(value, sum(totals))
    assert found.goods_minor == given_off
    for total, part in zip(totals, found.lines, strict=True):
        assert abs(Fraction(given_off * total, sum(totals)) - part) < 1


def test_a_coupon_is_computed_on_what_remains() -> None:
    """R-PRO-2: 20 % by itself, then 50 % of the rest; together never more than everything."""
    half = promotion(code="HALF", value_bp=5000)
    found = reduce(basket(1000), [promotion(value_bp=2000)], half)
    assert [use.total_minor for use in found.uses] == [200, 400]
    nothing_left = reduce(basket(1000), [promotion(value_bp=10_000)], half)
    assert (nothing_left.goods_minor, len(nothing_left.uses)) == (1000, 1)


def test_a_seller_pays_for_own_lines_only() -> None:
    """R-PRO-6: whatever the scope, and the platform's part is told apart."""
    bought = Basket(lines=(line(1000), line(1000, seller=SELLERS[1])), currency="GBP", at=AT)
    own = promotion(value_bp=1000, funded_by="seller", seller_id=SELLERS[1])
    found = reduce(bought, [own], promotion(code="X", kind="fixed", value_minor=190, currency="GBP"))
    assert found.lines == (100, 190)
    assert found.platform == (100, 90)


def test_free_shipping_is_of_the_sellers_in_scope() -> None:
    """R-PRO-2."""
    charge = {SELLERS[0]: 300, SELLERS[1]: 450}
    bought = Basket(lines=(line(1000), line(1000, seller=SELLERS[1])), currency="GBP", at=AT, shipping=charge)
    found = reduce(bought, [promotion(kind="free_shipping", scope_id=SELLERS[1])])
    assert (found.goods_minor, dict(found.shipping)) == (0, {SELLERS[1]: 450})


def test_free_shipping_up_to_a_bound_is_shared_by_charge() -> None:
    """R-PRO-3: to the penny; and who pays for it is told apart."""
    charge = dict(zip(SELLERS, (300, 450, 1), strict=True))
    bought = Basket(lines=tuple(line(1000, seller=one) for one in SELLERS), currency="GBP", at=AT, shipping=charge)
    found = reduce(bought, [], promotion(code="X", kind="free_shipping", max_discount_minor=100))
    assert (sum(found.shipping.values()), dict(found.shipping)) == (100, dict(zip(SELLERS, (40, 60, 0), strict=True)))
    assert found.platform_shipping == found.shipping


def test_shipping_is_made_free_once() -> None:
    """R-PRO-2: a coupon takes off what the other promotion left of each seller's charge."""
    charge = {SELLERS[0]: 300, SELLERS[1]: 450}
    bought = Basket(lines=(line(1000), line(1000, seller=SELLERS[1])), currency="GBP", at=AT, shipping=charge)
    own = promotion(kind="free_shipping", funded_by="seller", seller_id=SELLERS[1])
    found = reduce(bought, [own], promotion(code="X", kind="free_shipping"))
    assert [use.total_minor for use in found.uses] == [450, 300]
    assert (dict(found.shipping), dict(found.platform_shipping)) == (charge, {SELLERS[0]: 300, SELLERS[1]: 0})


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"status": "draft"}, "unknown"),
        ({"status": "paused"}, "ended"),
        ({"ends_at": AT}, "ended"),
        ({"starts_at": AT + timedelta(seconds=1)}, "not_started"),
        ({"currency": "EUR"}, "currency"),
        ({"scope_id": PRODUCTS[1]}, "scope"),
        ({"seller_id": SELLERS[1], "funded_by": "seller"}, "scope"),
        ({"min_subtotal_minor": 1001}, "minimum"),
        ({"min_subtotal_minor": 1000}, None),
    ],
)
def test_a_refusal_says_why(changed: dict[str, Any], reason: str | None) -> None:
    """R-PRO-1."""
    asked = promotion(value_bp=1000, **changed)
    assert refusal(asked, basket(600, 400)) == reason
    assert bool(reduce(basket(600, 400), [asked]).uses) == (reason is None)


def test_what_is_used_up_gives_nothing() -> None:
    """R-PRO-4: in all, or by the shopper."""
    for limits in ({"usage_limit": 2, "used_count": 2}, {"per_user_limit": 1, "used_by_shopper": 1}):
        assert not reduce(basket(1000), [promotion(value_bp=1000, **limits)]).uses
