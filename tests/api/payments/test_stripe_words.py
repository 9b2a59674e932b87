"""Stripe's words as ours: states, reasons, amounts, and what its list names (R-PAY-1)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from api.payments import stripe_words as words
from api.payments.gateway import Listed, NextAction, Reply
from tests.api.payments.test_stripe import INTENT, event


def intent(status: str, **changed: Any) -> words.PaymentIntent:
    return words.PaymentIntent(id=INTENT, status=status, amount=1200, currency="gbp", **changed)


NEVER = Reply(outcome="never received")


@pytest.mark.parametrize(
    ("found", "reply"),
    [
        (intent("succeeded"), Reply(outcome="succeeded", reference=INTENT)),
        (intent("requires_capture"), Reply(outcome="succeeded", reference=INTENT)),
        (intent("processing"), Reply(outcome="processing", reference=INTENT)),
        (intent("requires_payment_method"), NEVER),
        (intent("requires_confirmation"), NEVER),
        (intent("canceled"), Reply(outcome="failed", code="abandoned")),
        (
            intent("requires_payment_method", last_payment_error=words.Trouble("card_declined", "stolen_card")),
            Reply(outcome="failed", code="lost_card"),
        ),
        (
            intent("requires_action", next_action={"type": "redirect_to_url", "redirect_to_url": {"url": "https://b"}}),
            Reply(outcome="processing", reference=INTENT, next_action=NextAction(type="redirect", redirect_url="https://b")),
        ),
        (
            intent("requires_action", next_action={"type": "use_stripe_sdk", "use_stripe_sdk": {}}),
            Reply(outcome="processing", reference=INTENT, next_action=NextAction(type="client")),
        ),
    ],
)  # fmt: skip
def test_the_states_of_a_payment_are_ours(found: words.PaymentIntent, reply: Reply) -> None:
    """9.4: each status that Stripe documents."""
    assert words.charged(found) == reply


def test_a_partial_capture_lets_the_rest_go() -> None:
    """R-PAY-16: Stripe captures once; of captures and voids too, only what is certain counts."""
    part = words.captured(intent("succeeded", amount_received=500), 500)
    assert (part.outcome, part.rest_released) == ("succeeded", True)
    assert not words.captured(intent("succeeded", amount_received=1200), 1200).rest_released
    assert words.captured(intent("succeeded", amount_received=700), 500).outcome == "failed"
    assert words.captured(intent("requires_capture"), 500) == words.voided(intent("requires_capture")) == NEVER
    assert words.voided(intent("canceled")).outcome == "succeeded"
    assert words.voided(intent("succeeded")).outcome == "failed"


@pytest.mark.parametrize(
    ("code", "decline", "ours"),
    [
        ("card_declined", "generic_decline", "card_declined"),
        ("card_declined", "insufficient_funds", "insufficient_funds"),
        ("card_declined", "do_not_honor", "card_declined"), ("expired_card", None, "expired_card"),
        ("incorrect_cvc", None, "incorrect_cvc"), ("processing_error", None, "processing_error"),
        ("authentication_required", "authentication_required", "authentication_required"),
        ("payment_intent_authentication_failure", None, "authentication_failed"),
        ("resource_missing", None, "invalid_token"),
        (None, None, "card_declined"),
    ],
)  # fmt: skip
def test_reasons_are_ours(code: str | None, decline: str | None, ours: str) -> None:
    """R-PAY-5: the words of the gateway `test`."""
    assert words.reason(code, decline) == ours


@pytest.mark.parametrize(
    ("currency", "minor", "units"),
    [("GBP", 1200, 1200), ("IDR", 150_000, 150_000), ("JPY", 500, 500), ("ISK", 500, 50_000), ("KWD", 1230, 1230)],
)
def test_money_is_counted_as_stripe_counts_it(currency: str, minor: int, units: int) -> None:
    """R-API-5: minor units, of currencies without any as well."""
    assert words.units(minor, currency) == units
    assert words.minor(units, currency) == minor


def test_what_stripe_lists_names_our_operations() -> None:
    """R-PAY-15: charges, captures, voids and refunds, each by its own reference."""
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    named = {words.REF: "charge:1", words.CAPTURE_REF: "capture:1:1", words.VOID_REF: "void:1:1"}
    told = {"id": INTENT, "amount": 1200, "amount_received": 1200, "currency": "gbp", "metadata": named}
    cases = [
        ("payment_intent.succeeded", told | {"status": "succeeded"}, "charge:1", 1200),
        ("payment_intent.succeeded", told | {"status": "succeeded", "capture_method": "manual", "amount_received": 500},
         "capture:1:1", 500),
        ("payment_intent.amount_capturable_updated", told | {"status": "requires_capture", "capture_method": "manual"},
         "charge:1", 1200),
        ("payment_intent.canceled", told | {"status": "canceled"}, "void:1:1", 1200),
        ("refund.created", {"id": "re_1", "amount": 300, "currency": "gbp", "status": "succeeded",
                            "metadata": {words.REF: "refund:1"}}, "refund:1", 300),
    ]  # fmt: skip
    for kind, thing, ref, minor in cases:
        entry = Listed(idempotency_ref=ref, amount_minor=minor, currency="GBP", outcome="succeeded", at=at)
        assert words.listed(event(kind, thing)) == entry, kind
    assert words.listed(event("payment_intent.canceled", told | {"status": "canceled", "metadata": {}})) is None
