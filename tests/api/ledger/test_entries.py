"""The books' arithmetic: whatever is sold and given back, entries balance and orders end at zero to the cent."""

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction
from uuid import UUID, uuid4

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from api.ledger.charges import Charge, ChargeBack
from api.ledger.entries import Cause, Entry, RefundedLine, SoldLine, of_refund, of_sale
from api.ledger.parts import parts
from api.ledger.rounding import commission_on, slice_of, tax_within
from api.money import half_even

SELLERS = [UUID(int=n) for n in range(1, 4)]
AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
AMOUNTS = st.integers(1, 10**9)


@st.composite
def sold_lines(draw: st.DrawFn) -> SoldLine:
    price, quantity = draw(st.integers(1, 10**7)), draw(st.integers(1, 99))
    discount = draw(st.integers(0, price * quantity))
    total = price * quantity - discount
    return SoldLine(
        order_item_id=uuid4(),
        product_id=uuid4(),
        seller_id=draw(st.sampled_from(SELLERS)),
        quantity=quantity,
        total_minor=total,
        discount_minor=discount,
        platform_discount_minor=draw(st.integers(0, discount)),
        tax_minor=tax_within(total, draw(st.integers(0, 5000))),
        commission_bp=draw(st.integers(0, 10_000)),
    )


@st.composite
def shippings(draw: st.DrawFn) -> list[Charge]:
    """A charge for some of the sellers: of the shopper's money, the platform's, or both."""
    paid = st.tuples(st.sampled_from([0, 1, 3]) | AMOUNTS, st.sampled_from([0, 1, 3]) | AMOUNTS)
    found = draw(st.dictionaries(st.sampled_from(SELLERS), paid))
    return [
        Charge(seller_id=seller_id, charged_minor=charged, platform_minor=platform)
        for seller_id, (charged, platform) in found.items()
    ]


def cause(kind: str = "payment") -> Cause:
    return Cause(type=kind, id=uuid4(), order_id=uuid4(), currency="GBP", gateway="test", at=AT)


def balance(entries: list[Entry]) -> Counter[tuple[str, UUID | None]]:
    """Credits less debits, per account and seller."""
    sums: Counter[tuple[str, UUID | None]] = Counter()
    for entry in entries:
        for line in entry.posted.lines:
            sums[line.account, line.seller_id] += line.credit_minor - line.debit_minor
    return sums


def assert_balanced(entries: list[Entry]) -> None:
    for entry in entries:
        assert sum(line.debit_minor for line in entry.posted.lines) == sum(x.credit_minor for x in entry.posted.lines)
        assert all((line.debit_minor > 0) != (line.credit_minor > 0) for line in entry.posted.lines)
        assert [line.line_no for line in entry.posted.lines] == list(range(1, len(entry.posted.lines) + 1))


@given(st.integers(0, 10**15), st.integers(1, 10**6))
def test_half_goes_to_the_even_neighbour(numerator: int, denominator: int) -> None:
    """R-LED-4."""
    assert half_even(numerator, denominator) == round(Fraction(numerator, denominator))


@given(st.lists(sold_lines(), min_size=1, max_size=8), shippings())
def test_a_sale_balances_and_clears_what_was_captured(sold: list[SoldLine], shipping: list[Charge]) -> None:
    """R-LED-1: every entry balances; clearing holds the order's total."""
    entries = of_sale(cause(), sold, shipping)
    assert_balanced(entries)
    total = sum(line.total_minor for line in sold) + sum(one.charged_minor for one in shipping)
    assert -balance(entries)["gateway_clearing", None] == total


@given(st.lists(sold_lines(), min_size=1, max_size=8))
def test_commission_is_on_the_net_after_discount_and_tax(sold: list[SoldLine]) -> None:
    """R-LED-4."""
    due = Counter({seller: 0 for seller in SELLERS})
    for line in sold:
        net = line.total_minor + line.platform_discount_minor - line.tax_minor
        due[line.seller_id] += commission_on(net, line.commission_bp)
    booked = balance(of_sale(cause(), sold))
    assert all(-booked["commission_charged", seller] == due[seller] for seller in SELLERS)
    assert booked["commission_income", None] == sum(due.values())


@given(st.lists(sold_lines(), min_size=1, max_size=4), st.data())
def test_an_order_refunded_in_pieces_ends_at_zero(sold: list[SoldLine], data: st.DataObject) -> None:
    """R-LED-3, R-PRO-6: sale less refunds is captured less refunded; no tax, commission or expense is left."""
    entries = of_sale(cause(), sold)
    for line in sold:
        before = 0
        while before < line.total_minor:
            left = line.total_minor - before
            part = data.draw(st.integers(min(left, line.total_minor // 5 + 1), left))
            piece = RefundedLine(sold=line, amount_minor=part, before_minor=before)
            entries += of_refund(cause("refund"), [piece])
            before += part
        if not line.total_minor:
            entries += of_refund(cause("refund"), _units_of(line, data.draw(st.integers(1, line.quantity))))
    assert_balanced(entries)
    ends = balance(entries)
    for seller in SELLERS:
        assert ends["sales", seller] + ends["discounts", seller] + ends["refunds", seller] == 0
        assert ends["tax_payable", seller] == 0
        assert ends["commission_charged", seller] == 0
    assert ends["gateway_clearing", None] == ends["commission_income", None] == ends["promotion_expense", None] == 0


@given(shippings(), st.data())
def test_shipping_given_back_in_pieces_ends_at_zero(shipping: list[Charge], data: st.DataObject) -> None:
    """R-LED-3, R-ORD-22: each seller's income is taken back to the penny, and the platform has its part again."""
    entries = of_sale(cause(), [], shipping)
    for one in shipping:
        assert balance(entries)["shipping_income", one.seller_id] == one.charged_minor + one.platform_minor
        before = 0
        for part in [*pieces(data, one.charged_minor)] or [0]:
            back = ChargeBack(charge=one, amount_minor=part, before_minor=before)
            entries += of_refund(cause("refund"), [], [back])
            before += part
    assert_balanced(entries)
    assert not any(balance(entries).values())


@given(st.lists(sold_lines(), max_size=5), shippings(), st.data())
def test_captures_of_parts_add_up_to_the_sale(
    sold: list[SoldLine], shipping: list[Charge], data: st.DataObject
) -> None:
    """R-LED-3: an order captured in pieces books per account and seller what it books when it is captured at once."""
    total = sum(line.total_minor for line in sold) + sum(one.charged_minor for one in shipping)
    taken: list[int] = []
    entries: list[Entry] = []
    for part in pieces(data, total):
        entries += of_sale(cause("capture"), *parts(sold, shipping, taken, part))
        taken.append(part)
    assert_balanced(entries)
    assert not taken or balance(entries) == balance(of_sale(cause(), sold, shipping))


def test_a_part_never_takes_more_for_the_platform_than_the_whole_discount() -> None:
    """R-LED-3: at 3 pence in three pieces, the second has the platform's penny and none of the seller's."""
    sold = SoldLine(
        order_item_id=uuid4(),
        product_id=uuid4(),
        seller_id=SELLERS[0],
        quantity=1,
        total_minor=3,
        discount_minor=2,
        platform_discount_minor=1,
        commission_bp=0,
    )
    booked = [of_sale(cause("capture"), *parts([sold], [], [1] * taken, 1)) for taken in range(3)]
    for entries in booked:
        assert_balanced(entries)
    assert balance([entry for entries in booked for entry in entries]) == balance(of_sale(cause(), [sold]))


def pieces(data: st.DataObject, minor: int) -> list[int]:
    """An amount in at most five parts."""
    found: list[int] = []
    while minor > sum(found):
        left = minor - sum(found)
        found.append(data.draw(st.integers(min(left, minor // 5 + 1), left)))
    return found


def _units_of(line: SoldLine, first: int) -> list[RefundedLine]:
    """All units of a line that cost nothing, in two goes."""
    rest = line.quantity - first
    return [
        RefundedLine(sold=line, amount_minor=0, units=first),
        RefundedLine(sold=line, amount_minor=0, units=rest, units_before=first),
    ]


@given(st.lists(sold_lines(), min_size=1, max_size=8))
def test_who_funds_a_discount_bears_it(sold: list[SoldLine]) -> None:
    """R-PRO-6: the seller's part lowers the seller's earnings, the platform's part is its expense and is earned."""
    booked = balance(of_sale(cause(), sold))
    assert -booked["promotion_expense", None] == sum(line.platform_discount_minor for line in sold)
    for seller in SELLERS:
        own = [line for line in sold if line.seller_id == seller]
        borne = sum(line.discount_minor - line.platform_discount_minor for line in own)
        assert -booked["discounts", seller] == borne
        earned = sum(line.total_minor + line.platform_discount_minor - line.tax_minor for line in own)
        assert booked["sales", seller] + booked["discounts", seller] == earned


@given(st.integers(0, 10**9), st.lists(st.integers(1, 10**6), min_size=1, max_size=6))
def test_slices_add_up(amount: int, parts: list[int]) -> None:
    """Parts of a whole get slices that add up to the amount, none below zero."""
    before, slices = 0, []
    for part in parts:
        slices.append(slice_of(amount, sum(parts), before, part))
        before += part
    assert sum(slices) == amount
    assert min(slices) >= 0


def test_units_stand_on_sales_and_refunds_lines_only() -> None:
    """The books count goods by those lines (ARCHITECTURE.md, "The books")."""
    line = SoldLine(
        order_item_id=uuid4(), product_id=uuid4(), seller_id=SELLERS[0], quantity=3, total_minor=300, discount_minor=30,
        tax_minor=27, commission_bp=1000,
    )  # fmt: skip
    entries = of_sale(cause(), [line]) + of_refund(
        cause("refund"), [RefundedLine(sold=line, amount_minor=100, units=1)]
    )
    units = {(entry.posted.kind, x.account): x.units for entry in entries for x in entry.posted.lines if x.units}
    assert units == {("sale", "sales"): 3, ("refund", "refunds"): 1}


def test_the_same_cause_gives_the_same_entries() -> None:
    """An import that is repeated books nothing new."""
    line = SoldLine(
        order_item_id=uuid4(), product_id=uuid4(), seller_id=SELLERS[0], quantity=1, total_minor=100, commission_bp=1000
    )
    why = cause()
    first, again = of_sale(why, [line]), of_sale(why, [line])
    assert msgspec.json.encode(first) == msgspec.json.encode(again)


def test_nothing_moved_is_no_entry() -> None:
    """A free line has no money to book; its commission neither."""
    line = SoldLine(
        order_item_id=uuid4(), product_id=uuid4(), seller_id=SELLERS[0], quantity=1, total_minor=100, commission_bp=0
    )
    assert [entry.posted.kind for entry in of_sale(cause(), [line])] == ["sale"]
