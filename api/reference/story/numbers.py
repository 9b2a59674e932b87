"""The books of the story, in pence: what the sale, the return and the payout leave behind.

The sale: 41.65 without tax, 7.35 tax, 4.90 discount, commission 10 % of 36.75 = 3.68. The return gives back half:
18.37 without tax, 3.68 tax, commission 1.84. Sending was 4.55.
Due are 41.65 - 4.90 - 18.37 + 4.55 - 1.84 = 21.09; 10.00 of it are paid out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from api.reference.story.words import CUT, LINE, PAID, PAYMENT, PRODUCT, SELLER, named

SALE, SALE_TAX, DISCOUNT, COMMISSION, SHIPPING, PAID_BY_CARD = 4165, 735, 490, 368, 455, 4865
BACK, BACK_TAX, COMMISSION_BACK, PAID_OUT = 1837, 368, 184, 1000
DUE = SALE - DISCOUNT - BACK + SHIPPING - (COMMISSION - COMMISSION_BACK) - PAID_OUT
_GROSS, _REFUND, _TAX = SALE + SALE_TAX, BACK + BACK_TAX, SALE_TAX - BACK_TAX
_WEEK = {
    "gross_minor": _GROSS, "discount_minor": DISCOUNT, "refund_minor": _REFUND, "tax_minor": _TAX,
    "net_minor": _GROSS - DISCOUNT - _REFUND - _TAX, "shipping_minor": SHIPPING, "orders": 1, "units": 2,
    "units_returned": 1, "aov_minor": _GROSS - DISCOUNT, "registrations": None,
}  # fmt: skip
_FIRST_DAY = {
    "gross_minor": _GROSS, "discount_minor": DISCOUNT, "refund_minor": 0, "tax_minor": SALE_TAX,
    "net_minor": _GROSS - DISCOUNT - SALE_TAX, "shipping_minor": SHIPPING, "orders": 1, "units": 2,
    "units_returned": 0, "aov_minor": _GROSS - DISCOUNT,
}  # fmt: skip
_MONTH = {
    "sales_minor": SALE, "discounts_minor": -DISCOUNT, "refunds_minor": -BACK, "shipping_minor": SHIPPING,
    "commission_minor": COMMISSION_BACK - COMMISSION, "payouts_minor": -PAID_OUT,
}  # fmt: skip


def _line(number: int, account: str, *, debit: int = 0, credit: int = 0, **of: object) -> dict[str, Any]:
    nothing = dict.fromkeys(("seller_id", "product_id", "order_item_id", "gateway", "wallet_id", "units"))
    return {"line_no": number, "account": account, **nothing, **of, "debit_minor": debit, "credit_minor": credit}


_GOODS: dict[str, Any] = {"seller_id": SELLER, "product_id": PRODUCT, "order_item_id": LINE}
_LINES = [
    _line(1, "gateway_clearing", debit=PAID_BY_CARD, gateway="test"),
    _line(2, "discounts", debit=DISCOUNT, **_GOODS),
    _line(3, "sales", credit=SALE, units=2, **_GOODS),
    _line(4, "tax_payable", credit=SALE_TAX, **_GOODS),
    _line(5, "shipping_income", credit=SHIPPING, seller_id=SELLER),
]

VALUES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "EntryAnswer": {
            "id": named("entry", PAID), "kind": "sale", "cause_type": "payment", "cause_id": PAYMENT, "lines": _LINES,
        },
        "BalanceAnswer": {**_MONTH, "due_minor": DUE},
        "StatementAnswer": {**_MONTH, "opening_minor": 0, "closing_minor": DUE},
        "BooksAnswer": {"complete_to": CUT["tx"], "at": CUT["at"]},
        "CellAnswer": {**_FIRST_DAY, "day": "2026-11-16", "commission_minor": COMMISSION},
        "DashboardAnswer": {**_WEEK, "open_complaints": 1, "low_stock": 0, "before": None, "source": "redis"},
        "PeriodSales": _WEEK,
        "Point": {**_FIRST_DAY, "start": "2026-11-16T00:00:00.000Z", "group": None},
        "OrdersAnswer": {"source": "redis"},
        "CompleteUpTo": CUT,
    }
)  # fmt: skip
