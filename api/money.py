"""Currencies, and the way to divide an amount without losing a unit (R-API-5)."""

from collections.abc import Sequence

from babel.numbers import list_currencies

CURRENCIES = frozenset(list_currencies())


BASIS_POINTS = 10_000
"""All of it, in basis points."""


def half_even(numerator: int, denominator: int) -> int:
    """numerator / denominator, a half going to the even neighbour; both are not negative, denominator above 0."""
    whole, rest = divmod(numerator, denominator)
    over = 2 * rest - denominator
    return whole + (over > 0 or (over == 0 and whole % 2 == 1))


def shares(minor: int, weights: Sequence[int]) -> list[int]:
    """Split minor units in proportion to weights; the shares add up, the largest remainders take the rest."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    parts = [minor * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(minor * weights[i] % total), i))
    for i in by_remainder[: minor - sum(parts)]:
        parts[i] += 1
    return parts


def in_turn(minor: int, first: Sequence[int], then: Sequence[int]) -> list[int]:
    """Split minor units over the first amounts, and what is more than they are over the others, each by proportion."""
    over = max(minor - sum(first), 0)
    return [*shares(minor - over, first), *shares(over, then)]
