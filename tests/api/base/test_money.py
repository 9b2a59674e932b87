"""Amounts are divided without losing a unit."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from api.money import shares


@given(st.integers(0, 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_shares_add_up(minor: int, weights: list[int]) -> None:
    """R-API-5: and nobody's is a unit or more away from the exact share."""
    parts = shares(minor, weights)
    total = sum(weights)
    assert sum(parts) == (minor if total else 0)
    exact = [Fraction(minor * weight, total) if total else Fraction(0) for weight in weights]
    assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
