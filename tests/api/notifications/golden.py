"""What every message says, in every language: `python -m tests.api.notifications.golden` writes it down for review."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.notifications.wording import LANGUAGES, render

FOLDER = Path(__file__).parent / "golden"
NAME = "Ann <b>& Sons</b>"
ORDER = {"first_name": NAME, "order_number": "A-7K2M9Q", "currency": "GBP"}
SHOP = {**ORDER, "shop": 'Räuber "& Söhne"'}
ITEMS = [
    {"name": "Tea <i>pot</i>", "quantity": 2, "total_minor": 240_000},
    {"name": "Cup", "quantity": 1, "total_minor": 599},
]
PARCEL = {"carrier": "Royal Mail", "tracking_number": "RM 1"}
AMOUNT = {"amount_minor": 123_456}
PRODUCT = {**SHOP, "product_name": "Tea <i>pot</i>", "available": 3}
PROMOTION = {"first_name": NAME, "headline": "Free shipping & more", "code": "SUN"}

SAMPLES: Mapping[str, list[dict[str, Any]]] = {
    "message": [{"first_name": NAME, "subject": "About <you>", "content": "First line.\n\nSecond & last."}],
    "welcome": [ORDER],
    "account_changed": [
        {**ORDER, "changed": changed}
        for changed in (
            ["email", "password"], ["phone"], ["second_factor_on"], ["second_factor_off"], ["recovery_codes"],
        )
    ],
    "seller_welcome": [{**SHOP, "status": "active"}, {**SHOP, "status": "pending"}],
    "seller_status": [{**SHOP, "status": status} for status in ("active", "suspended", "closed", "pending")],
    "order_confirmation": [{**ORDER, "items": ITEMS, "total_minor": 240_599}],
    "new_order": [{**SHOP, "items": ITEMS[:1]}],
    "order_shipped": [
        {**ORDER, **PARCEL, "fully": True}, {**ORDER, "carrier": "", "tracking_number": "", "fully": False}
    ],
    "tracking_update": [
        {**ORDER, **PARCEL, "status": status} for status in ("in_transit", "out_for_delivery", "failed", "returned")
    ],
    "order_delivered": [{**ORDER, "fully": True}, {**ORDER, "fully": False}],
    "review_invitation": [ORDER],
    "order_cancelled": [{**ORDER, "refund_minor": 0}, {**ORDER, "refund_minor": 123_456}],
    "order_cancelled_seller": [SHOP],
    "payment_failed": [{**ORDER, "expired": False}, {**ORDER, "expired": True}],
    "refund_requested": [{**ORDER, **AMOUNT}],
    "refund_requested_operator": [{**ORDER, **AMOUNT}],
    "refund_succeeded": [{**ORDER, **AMOUNT, "wallet": False}, {**ORDER, **AMOUNT, "wallet": True}],
    "refund_rejected": [ORDER],
    "refund_failed": [{**ORDER, **AMOUNT}],
    "refund_failed_operator": [{**ORDER, **AMOUNT}],
    "return_requested": [ORDER],
    "return_requested_seller": [SHOP],
    "not_delivered": [{**ORDER, **AMOUNT}, {**ORDER, "amount_minor": 0}],
    "not_delivered_seller": [SHOP],
    "return_accepted": [{**ORDER, **AMOUNT}, {**ORDER, "amount_minor": 0}],
    "return_accepted_seller": [SHOP],
    "return_rejected": [ORDER],
    "return_rejected_seller": [SHOP],
    "complaint_opened": [ORDER],
    "complaint_opened_staff": [ORDER],
    "complaint_resolved": [
        {**ORDER, **AMOUNT, "resolution": "refund"}, {**ORDER, **AMOUNT, "resolution": "store_credit"},
        {**ORDER, "amount_minor": None, "resolution": "replacement"},
        {**ORDER, "amount_minor": None, "resolution": "rejected"},
    ],
    "complaint_resolved_staff": [
        {**ORDER, "resolution": word} for word in ("refund", "store_credit", "replacement", "rejected")
    ],
    "cart_reminder": [{**ORDER, "items": ITEMS, "total_minor": 240_599}],
    "promote": [PROMOTION, {**PROMOTION, "code": "", "starts_on": "2026-12-01"}],
    "low_stock": [PRODUCT],
    "sold_out": [PRODUCT],
    "price_doubt": [{**PRODUCT, "price_before_minor": 240_000, "price_after_minor": 2_400}],
    "shipment_late": [{**ORDER, "carrier": carrier, "estimated_delivery": "2026-11-24"} for carrier in ("UPS", "")],
    "shipment_late_seller": [
        {**SHOP, "carrier": carrier, "estimated_delivery": "2026-11-24"} for carrier in ("UPS", "")
    ],
    "payout_paid": [{**SHOP, **AMOUNT}],
    "payout_failed": [{**SHOP, **AMOUNT}],
    "new_review": [PRODUCT],
}  # fmt: skip
ADVERTISING = ("promote", "cart_reminder")
LINK = "https://shop.example/stop?token=a&b=c"


def said(language: str) -> str:
    """All messages of a language as plain text: subject, short form, e-mail."""
    return "\n".join(_said(language))


def _said(language: str) -> Iterator[str]:
    for template, samples in SAMPLES.items():
        for number, data in enumerate(samples, start=1):
            words = render(template, language, data, unsubscribe_url=LINK if template in ADVERTISING else None)
            yield f"==== {template} {number}\nSubject: {words.subject}\nShort: {words.short}\n\n{words.text}"


def shown(language: str) -> str:
    """One e-mail of a language as HTML, with everything that the layout can hold."""
    return render("order_confirmation", language, SAMPLES["order_confirmation"][0], unsubscribe_url=LINK).html


def files() -> dict[str, str]:
    """File name -> text."""
    texts = {f"{language}.txt": said(language) for language in LANGUAGES}
    return texts | {f"{language}.html": shown(language) for language in LANGUAGES}


def main() -> int:
    """Write them again."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
