"""Amounts in minor units with their currency, and the only ways to divide them (R-API-5)."""

from collections.abc import Sequence
from dataclasses import dataclass

from babel.numbers import get_currency_precision, list_currencies

from api.errors import CurrencyMismatch

CURRENCIES = frozenset(list_currencies())
BASIS_POINTS = 10_000


@dataclass(frozen=True, slots=True)
class Money:
    """`minor` units of `currency`; sums of two currencies raise CurrencyMismatch."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other).minor, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.minor * times, self.currency)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatch(expected=self.currency, given=other.currency)
        return other


def exponent(currency: str) -> int:
    """Digits of the minor unit: 2 for GBP, 0 for JPY."""
    return get_currency_precision(currency)


def portion(minor: int, bp: int) -> int:
    """`bp` basis points of an amount, rounded half up; amounts are not negative."""
    return (minor * bp * 2 + BASIS_POINTS) // (2 * BASIS_POINTS)


def tax_within(minor: int, bp: int) -> int:
    """The tax of `bp` basis points contained in a price, rounded half up."""
    return (minor * bp * 2 + BASIS_POINTS + bp) // (2 * (BASIS_POINTS + bp))


def shares(minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to weights; the shares add up to it, the largest remainders take the rest."""
    total = sum(weights)
    if total == 0:
        return [0] * len(weights)
    parts = [minor * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(minor * weights[i] % total), i))
    for i in by_remainder[: minor - sum(parts)]:
        parts[i] += 1
    return parts
