"""What is read of PayPal's objects, and how it writes money."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

import msgspec
from babel.numbers import get_currency_precision

from api.payments.gateway import Outcome

# https://developer.paypal.com/api/rest/reference/currency-codes: all it takes, and those it takes whole only.
PAYABLE = frozenset(
    (
        "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK",
        "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
    )
)  # fmt: skip
WHOLE = frozenset(("HUF", "JPY", "TWD"))

_STATES: Mapping[str, Outcome] = MappingProxyType(
    {
        "COMPLETED": "succeeded", "PARTIALLY_REFUNDED": "succeeded", "REFUNDED": "succeeded", "DECLINED": "failed",
        "FAILED": "failed", "DENIED": "failed", "CANCELLED": "failed", "VOIDED": "failed",
    }
)  # fmt: skip
PART = "."
"""Between a refund's reference and the number of its part."""


class AmountError(ValueError):
    """PayPal cannot move this amount of this currency."""


class Money(msgspec.Struct, frozen=True):
    """An amount as PayPal writes it: a decimal number in the currency's main unit."""

    currency_code: str
    value: str


class Link(msgspec.Struct, frozen=True):
    """Where to go from here."""

    href: str
    rel: str


class Movement(msgspec.Struct, frozen=True):
    """What is read of an authorization, a capture or a refund; `invoice_id` names our operation."""

    id: str
    status: str = ""
    amount: Money | None = None
    invoice_id: str = ""
    links: list[Link] = []

    @property
    def minor(self) -> int:
        """Its amount in our minor units."""
        return minor(self.amount) if self.amount else 0

    @property
    def outcome(self) -> Outcome:
        """What became of it; an authorization that stands is processing."""
        return _STATES.get(self.status, "processing")

    @property
    def ref(self) -> str:
        """Which operation of ours it belongs to."""
        return self.invoice_id.partition(PART)[0]


class Payments(msgspec.Struct, frozen=True):
    """What was set aside, taken and given back."""

    authorizations: list[Movement] = []
    captures: list[Movement] = []
    refunds: list[Movement] = []


class Unit(msgspec.Struct, frozen=True):
    """What is read of a purchase unit; ours have one."""

    payments: Payments = Payments()


class Order(msgspec.Struct, frozen=True):
    """What is read of an order."""

    id: str
    status: str
    purchase_units: list[Unit] = []
    links: list[Link] = []

    @property
    def made(self) -> Payments:
        """The money that moved."""
        return self.purchase_units[0].payments if self.purchase_units else Payments()

    @property
    def authorization(self) -> Movement | None:
        """The money that was set aside: once an order."""
        return next(iter(self.made.authorizations), None)

    @property
    def left(self) -> int:
        """What may still be taken of it, in minor units."""
        taken = sum(one.minor for one in self.made.captures if one.outcome != "failed")
        return self.authorization.minor - taken if self.authorization else 0


class Transaction(msgspec.Struct, frozen=True):
    """One line of PayPal's list."""

    transaction_id: str = ""
    transaction_event_code: str = ""
    transaction_status: str = ""
    transaction_initiation_date: datetime | None = None
    transaction_amount: Money | None = None
    invoice_id: str = ""

    @property
    def ref(self) -> str:
        """Which operation of ours it belongs to."""
        return self.invoice_id.partition(PART)[0]


def money(minor: int, currency: str) -> Money:
    """Our minor units as PayPal writes them; AmountError when it does not take that."""
    if currency not in PAYABLE:
        raise AmountError(f"no {currency}")
    amount = Decimal(minor).scaleb(-get_currency_precision(currency))
    written = amount.quantize(Decimal(1) if currency in WHOLE else Decimal("0.01"))
    if written != amount:
        raise AmountError(f"{minor} minor units of {currency}")
    return Money(currency, str(written))


def minor(money: Money) -> int:
    """PayPal's amount as our minor units."""
    return int(Decimal(money.value).scaleb(get_currency_precision(money.currency_code)))
