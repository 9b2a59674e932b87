"""How amounts, counts and shares are written: exact, in their currency, never by way of a float."""

from decimal import Decimal
from typing import Any

from babel.numbers import format_currency, format_decimal, get_currency_precision, get_currency_symbol

LOCALE = "en_GB"
NOTHING = "–"  # noqa: RUF001 - what a tile shows when there is nothing to divide


def major(minor: int, currency: str) -> Decimal:
    """The amount in units of the currency: 12345 GBP is 123.45."""
    return Decimal(int(minor)).scaleb(-get_currency_precision(currency))


def money(minor: int, currency: str) -> str:
    """An amount of minor units as people write it: 12345 GBP is £123.45."""
    return str(format_currency(major(minor, currency), currency, locale=LOCALE, decimal_quantization=False))


def symbol(currency: str) -> str:
    """What stands before an amount."""
    return str(get_currency_symbol(currency, locale=LOCALE))


def count(number: int) -> str:
    """A number of things, thousands apart."""
    return str(format_decimal(int(number), locale=LOCALE))


def share(part: int, whole: int) -> str:
    """`part` of `whole` in per cent with one decimal; a dash when there is no whole."""
    return f"{Decimal(int(part)) * 100 / Decimal(int(whole)):.1f} %" if whole else NOTHING


def average(total: int, number: int) -> int:
    """Minor units per thing, half up; 0 when there is no thing."""
    return (2 * int(total) + int(number)) // (2 * int(number)) if number else 0


def change(now: int, before: int) -> str | int | None:
    """The change against a period before: a signed percentage, 0 when equal, None when nothing was before."""
    if now == before:
        return 0
    if before == 0:
        return None
    percent = (Decimal(int(now)) - Decimal(int(before))) * 100 / abs(Decimal(int(before)))
    return f"{percent:+,.0f} %" if abs(percent) >= 100 else f"{percent:+.1f} %"


def for_axis(minor: Any, currency: str) -> Any:
    """A column of minor units as floats of the currency: for pixels only, never for figures that people add up."""
    return minor / 10 ** get_currency_precision(currency)
