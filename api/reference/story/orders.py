"""The order of the story, from the cart to the pot that came back; amounts in pence.

2 x 24.50 = 49.00, less 10 % (4.90, the shop's coupon) = 44.10, in which 20 % tax is 7.35; sending 1.8 kg costs
2.95 + 2 x 0.80 = 4.55; together 48.65. One of the two goes back: half of 44.10 is 22.05.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from api.reference.story.words import (
    ARRIVED,
    ASKED_BACK,
    CART,
    CART_LINE,
    COMPLAINT,
    COUPON,
    HELD_UNTIL,
    HOLD,
    IMAGE_KEY,
    LINE,
    ORDER,
    ORDERED,
    PAID,
    PARCEL,
    PAYMENT,
    PLACE,
    PRODUCT,
    PROMOTION,
    REFUND,
    RETURN,
    RETURNED,
    SELLER,
    SENT,
    WRITTEN,
)

SUBTOTAL, DISCOUNT, SHIPPING, TAX, TOTAL = 4900, 490, 455, 735, 4865
LINE_TOTAL, BACK, ASKED = 4410, 2205, 500
_WHERE = {"recipient": "Ann Smith", "phone": "+442079460123", "label": "Home", **PLACE}
_SUMS = {
    "subtotal_minor": SUBTOTAL, "discount_minor": DISCOUNT, "shipping_minor": SHIPPING, "tax_minor": TAX,
    "total_minor": TOTAL,
}  # fmt: skip
_SENDING = {
    "code": "royal mail/tracked 48", "cost_minor": SHIPPING, "discount_minor": 0, "charged_minor": SHIPPING,
    "refunded_minor": 0,
}  # fmt: skip
_ITEM = {
    "id": LINE, "line_no": 1, "discount_minor": DISCOUNT, "tax_minor": TAX, "total_minor": LINE_TOTAL,
    "refunded_minor": BACK, "returned_quantity": 1, "price_minor": 2450,
}  # fmt: skip
_PAYMENT = {
    "id": PAYMENT, "status": "success", "amount_minor": TOTAL, "authorized_minor": TOTAL, "captured_minor": TOTAL,
    "refunded_minor": BACK, "failure_reason": None, "expires_at": HELD_UNTIL, "version": 4, "created_at": ORDERED,
}  # fmt: skip
_PARCEL = {
    "id": PARCEL, "kind": "outbound", "status": "delivered", "shipped_at": SENT, "delivered_at": ARRIVED, "version": 4,
    "destination_address": _WHERE, "shipping_cost_minor": SHIPPING, "estimated_delivery": "2026-11-19",
}  # fmt: skip
_CAME = {"status": "delivered", "location": "London WC1", "occurred_at": ARRIVED}
_COMPLAINT = {
    "id": COMPLAINT, "type": "damaged", "description": "The lid came in two pieces.", "order_item_id": LINE,
    "evidence_urls": ["https://files.example/cracked-lid.jpg"], "status": "open", "resolution_type": None,
    "resolution_note": None, "resolution_minor": None, "resolved_at": None, "created_at": WRITTEN,
    "updated_at": WRITTEN,
}  # fmt: skip
_REFUND = {
    "id": REFUND, "amount_minor": ASKED, "reason": "The box was dented.", "reason_code": "customer_request",
    "target": "original", "status": "requested", "attempts": 0, "decision_note": None, "cause_type": "request",
    "version": 1, "created_at": WRITTEN, "updated_at": WRITTEN,
}  # fmt: skip

VALUES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "NewCartItem": {"quantity": 2},
        "CartItemChange": {"quantity": 2, "expected_version": 3},
        "CartItemRemoval": {"quantity": 1},
        "Coupon": {"code": COUPON},
        "Cart": {
            "id": CART, "status": "active", "version": 4, "expires_at": "2026-12-16T18:02:40.000Z", "coupon": COUPON,
            "coupon_problem": None, "subtotal_minor": SUBTOTAL, "discount_minor": DISCOUNT, "total_minor": LINE_TOTAL,
        },
        "CartItem": {
            "id": CART_LINE, "name": "Blue willow teapot", "price_when_added_minor": 2450, "price_changed": False,
            "line_total_minor": SUBTOTAL, "discount_minor": DISCOUNT, "unavailable_reason": None,
        },
        "UsedPromotion": {"id": PROMOTION, "name": "Ten percent in Advent", "code": COUPON, "discount_minor": DISCOUNT},
        "Checkout": {
            "address": {"label": "Home", **PLACE}, "payment_method": "card", "expected_total_minor": TOTAL,
            "cart_version": 4,
        },
        "ReservationAnswer": {"id": HOLD, "expires_at": HELD_UNTIL},
        "CheckoutAnswer": {"payment_due_minor": TOTAL},
        "OrderAnswer": {
            "id": ORDER, "status": "delivered", **_SUMS, "shipping_address": _WHERE, "hold_expires_at": HELD_UNTIL,
            "confirmed_at": PAID, "shipped_at": SENT, "delivered_at": ARRIVED, "cancelled_at": None, "complaint": None,
            "created_at": ORDERED, "version": 6, "allowed_actions": ["return", "complain"],
        },
        "ItemAnswer": _ITEM,
        "ProductKept": {
            "sku": "TEA-BLUE-1L", "name": "Blue willow teapot", "specifications": {"colour": "blue"},
            "image": f"/v1/images/{IMAGE_KEY}/small", "version": 3,
        },
        "PaymentSummary": _PAYMENT,
        "ShipmentSummary": _PARCEL,
        "ComplaintSummary": _COMPLAINT,
        "Cancellation": {"reason": "customer_request", "note": "Ordered twice by mistake"},
        "NewReturn": {
            "reason": "changed_mind", "note": "One is enough", "items": [{"order_item_id": LINE, "quantity": 1}],
        },
        "ReturnItem": {"quantity": 1},
        "ReturnedItem": {
            "order_item_id": LINE, "product_id": PRODUCT, "seller_id": SELLER, "quantity": 1, "refund_minor": BACK,
        },
        "ReturnAnswer": {
            "id": RETURN, "reason": "changed_mind", "note": "One is enough", "status": "received", "refund_minor": BACK,
            "restock": True, "reception_note": "As good as new", "shipping": {}, "received_at": RETURNED,
            "created_at": ASKED_BACK,
        },
        "Reception": {"accepted": True, "restock": True, "note": "As good as new"},
        "Rescue": {"action": "resume", "note": "The message that it was paid could not be read"},
        "Intent": {"payment_method": "card"},
        "Confirmation": {"gateway_token": "tok_4242424242424242"},
        "NewCapture": {"amount_minor": TOTAL},
        "PaymentAnswer": _PAYMENT,
        "IntentAnswer": _PAYMENT
        | {"status": "pending", "authorized_minor": 0, "captured_minor": 0, "refunded_minor": 0, "version": 1}
        | {"client_secret": "test_secret_5f0c7d1e"},
        "OperationAnswer": {
            "kind": "capture", "amount_minor": TOTAL, "status": "succeeded", "gateway_reference": "test_ch_5f0c7d1e",
            "answer_code": "approved", "attempt": 1,
        },
        "OrderPayments": {"attempts": []},
        "PaymentStatus": {"status": "success"},
        "NewRefund": {
            "order_id": ORDER, "amount_minor": ASKED, "reason": "The box was dented.",
            "reason_code": "customer_request",
        },
        "RefundAnswer": _REFUND,
        "RefundDecision": {"decision": "reject", "note": "The pot itself was whole"},
        "ParcelAnswer": _PARCEL,
        "TrackingAnswer": _CAME,
        "ParcelChange": {"carrier": "Royal Mail", "tracking_number": "RM123456785GB", "status": "picked_up"},
        "ReportsTaken": {"accepted": 1, "ignored": 0},
        "NewComplaint": {
            "order_item_id": LINE, "evidence_urls": ["https://files.example/cracked-lid.jpg"],
        },
        "ComplaintChange": {"evidence_urls": ["https://files.example/inside-of-the-lid.jpg"]},
        "Verdict": {"resolution_type": "replacement", "resolution_note": "A new one leaves today."},
        "ComplaintAnswer": _COMPLAINT,
        "AddressKept": _WHERE,
        "OrderCharge": _SENDING,
        "ShippingCost": _SENDING,
        "CartTotal": _SUMS,
        "FactAnswer": {
            "event": "order.confirmed", "aggregate_type": "order", "aggregate_id": ORDER, "aggregate_seq": 2,
            "recorded_at": PAID, "tx": 184_102, "published": True, "causation_id": None,
            "payload": {"order_id": ORDER, "status": "paid", "payment_method": "card"},
        },
        "ShipTo": {"label": "Home"},
    }
)  # fmt: skip
