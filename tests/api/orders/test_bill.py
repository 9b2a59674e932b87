"""How a refund spreads over an order's lines and shipping: to the penny, never above a part, goods first."""

from hypothesis import given
from hypothesis import strategies as st

from api.money import in_turn

PARTS = st.lists(st.integers(0, 10**9), max_size=8)


@given(PARTS, PARTS, st.floats(0, 1))
def test_money_goes_to_goods_first_and_to_shipping_last(goods: list[int], shipping: list[int], share: float) -> None:
    """R-LED-3, R-ORD-22: the parts add up; shipping gets nothing as long as goods have something left."""
    minor = min(int((sum(goods) + sum(shipping)) * share), sum(goods) + sum(shipping))
    parts = in_turn(minor, goods, shipping)
    assert sum(parts) == minor
    assert all(0 <= part <= whole for part, whole in zip(parts, [*goods, *shipping], strict=True))
    if any(parts[len(goods) :]):
        assert parts[: len(goods)] == goods
