"""Stripe's words and ours: what is read of its objects, why it declines, and how it counts money."""

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import msgspec
from babel.numbers import get_currency_precision

from api.payments.gateway import Listed, NextAction, Outcome, Reply

REF, CAPTURE_REF, VOID_REF = "atlantic_ref", "atlantic_capture", "atlantic_void"
"""The metadata by which its objects name our operations."""

# https://docs.stripe.com/currencies: those without a smaller unit, and those counted in thousandths but paid in tens.
WHOLE = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
THOUSANDTHS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))

# https://docs.stripe.com/declines/codes: whatever is not here is a plain refusal.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "insufficient_funds": "insufficient_funds",
        "lost_card": "lost_card",
        "stolen_card": "lost_card",
        "pickup_card": "lost_card",
        "expired_card": "expired_card",
        "incorrect_cvc": "incorrect_cvc",
        "invalid_cvc": "incorrect_cvc",
        "processing_error": "processing_error",
        "try_again_later": "processing_error",
        "issuer_not_available": "processing_error",
        "authentication_required": "authentication_required",
        "authentication_not_handled": "authentication_required",
        "payment_intent_authentication_failure": "authentication_failed",
        "incorrect_number": "invalid_token",
        "invalid_number": "invalid_token",
        "resource_missing": "invalid_token",
        "token_already_used": "invalid_token",
        "token_in_use": "invalid_token",
        "amount_too_small": "amount_too_small",
        "amount_too_large": "amount_too_large",
    }
)
DECLINED = "card_declined"
_REFUNDS: Mapping[str, Outcome] = MappingProxyType({"succeeded": "succeeded", "failed": "failed", "canceled": "failed"})


class AmountError(ValueError):
    """Stripe cannot charge this amount of this currency."""


class Trouble(msgspec.Struct, frozen=True):
    """Why a payment was declined, as its intent keeps it."""

    code: str | None = None
    decline_code: str | None = None


class PaymentIntent(msgspec.Struct, frozen=True):
    """What is read of a PaymentIntent; amounts in Stripe's units."""

    id: str
    status: str
    amount: int
    currency: str
    amount_received: int = 0
    capture_method: str = "automatic"
    client_secret: str | None = None
    metadata: dict[str, str] = {}
    last_payment_error: Trouble | None = None
    next_action: dict[str, Any] | None = None


class Refund(msgspec.Struct, frozen=True):
    """What is read of a Refund; the amount in Stripe's units."""

    id: str
    amount: int
    currency: str
    status: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None


def units(minor: int, currency: str) -> int:
    """Our minor units as Stripe counts them; AmountError when it cannot charge that."""
    steps = _places(currency) - _ours(currency)
    amount, rest = (minor * _power(steps), 0) if steps >= 0 else divmod(minor, _power(-steps))
    if rest or (currency in THOUSANDTHS and amount % 10):
        raise AmountError(f"{minor} minor units of {currency}")
    return amount


def minor(amount: int, currency: str) -> int:
    """Stripe's units as our minor units."""
    steps = _ours(currency) - _places(currency)
    return amount * _power(steps) if steps >= 0 else amount // _power(-steps)


def _ours(currency: str) -> int:
    places: int = get_currency_precision(currency)
    return places


def _power(places: int) -> int:
    return int(10**places)


def _places(currency: str) -> int:
    return 0 if currency in WHOLE else 3 if currency in THOUSANDTHS else 2


def reason(code: str | None, decline_code: str | None = None) -> str:
    """Our word for why a card was declined."""
    return REASONS.get(decline_code or "") or REASONS.get(code or "", DECLINED)


def step(action: Mapping[str, Any]) -> NextAction:
    """What the shopper has to do."""
    if action.get("type") == "redirect_to_url":
        return NextAction(type="redirect", redirect_url=action["redirect_to_url"]["url"])
    return NextAction(type="client")


def charged(intent: PaymentIntent) -> Reply:
    """What became of a charge."""
    if intent.status in {"succeeded", "requires_capture"}:
        return Reply(outcome="succeeded", reference=intent.id)
    if intent.status in {"processing", "requires_action"}:
        action = step(intent.next_action) if intent.status == "requires_action" and intent.next_action else None
        return Reply(outcome="processing", reference=intent.id, next_action=action)
    trouble = intent.last_payment_error
    if trouble is None:
        return Reply(outcome="failed", code="abandoned") if intent.status == "canceled" else NEVER
    return Reply(outcome="failed", code=reason(trouble.code, trouble.decline_code))


def captured(intent: PaymentIntent, amount: int) -> Reply:
    """What became of a capture of so many of Stripe's units: it captures an intent once, and lets the rest go."""
    if intent.status == "succeeded" and intent.amount_received == amount:
        return Reply(outcome="succeeded", reference=intent.id, rest_released=amount < intent.amount)
    if intent.status == "requires_capture":
        return NEVER
    return Reply(outcome="failed", code="authorization_gone")


def voided(intent: PaymentIntent) -> Reply:
    """What became of a void."""
    if intent.status == "canceled":
        return Reply(outcome="succeeded", reference=intent.id)
    return Reply(outcome="failed", code="paid") if intent.status == "succeeded" else NEVER


def refunded(refund: Refund) -> Reply:
    """What became of a refund; one that waits for the bank is processing."""
    outcome = _REFUNDS.get(refund.status or "", "processing")
    return Reply(outcome=outcome, reference=refund.id, code=refund.failure_reason if outcome == "failed" else None)


def listed(event: Mapping[str, Any]) -> Listed | None:
    """The operation of ours that an event tells of, if it tells of one."""
    thing, at = event["data"]["object"], datetime.fromtimestamp(event["created"], UTC)
    if event["type"].startswith("refund."):
        refund = msgspec.convert(thing, Refund)
        return _entry((refund.metadata or {}).get(REF), refund.amount, refund.currency, refunded(refund).outcome, at)
    intent = msgspec.convert(thing, PaymentIntent)
    word = REF if intent.capture_method != "manual" else CAPTURE_REF
    amount = intent.amount_received
    if intent.status in {"requires_capture", "canceled"}:
        word, amount = REF if intent.status == "requires_capture" else VOID_REF, intent.amount
    return _entry(intent.metadata.get(word), amount, intent.currency, "succeeded", at)


def _entry(ref: str | None, amount: int, currency: str, outcome: Outcome, at: datetime) -> Listed | None:
    if ref is None:
        return None
    code = currency.upper()
    return Listed(idempotency_ref=ref, amount_minor=minor(amount, code), currency=code, outcome=outcome, at=at)


NEVER = Reply(outcome="never received")
