"""Every point of an order's saga at which a process may die: S1 to S9 and C1 to C3 of the checkout (R-ORD-10)."""

from typing import NamedTuple

BEFORE, AFTER, PUBLISHED, INSTEAD = "before commit", "after commit", "after publish", "before statement"


class Point(NamedTuple):
    """Which part dies in which step of which story, and when: `word` names the transaction or the message."""

    part: str
    step: str
    story: str
    moment: str
    word: str

    def __str__(self) -> str:
        return f"{self.step}-{self.word.rpartition(':')[2].strip(chr(34) + chr(39))}-{self.moment}".replace(" ", "_")


def _fact(name: str) -> str:
    return f'"event":"{name}"'


def _reaction(name: str) -> str:
    return f"'{name}'"


ASKED, MOVED = "INSERT INTO payment_operations", "INSERT INTO card_network.operations"

_API = (
    ("S1-S5", "plain", "INSERT INTO orders"),
    ("S5", "bought", _fact("order.created")),
    ("S6", "bought", _fact("payment.created")),
    ("S6", "bought", ASKED),
    ("S6", "bought", MOVED),
    ("S6", "bought", _fact("payment.succeeded")),
    ("S9", "delivered", _fact("shipment.tracked")),
    ("C1", "declined", _fact("payment.failed")),
    ("C3", "cancelled", _fact("order.cancelled")),
)
_RELAY = (
    ("S5", "bought", _fact("order.created")),
    ("S6", "bought", _fact("payment.created")),
    ("S6", "bought", _fact("payment.succeeded")),
    ("S7", "bought", _fact("order.confirmed")),
    ("S8", "bought", _fact("stock.deducted")),
    ("S8", "bought", _fact("cart.converted")),
    ("S8", "bought", _fact("shipment.created")),
    ("S8", "bought", _fact("notification.sent")),
    ("S9", "bought", _fact("order.processing.started")),
    ("S9", "delivered", _fact("shipment.tracked")),
    ("S9", "delivered", _fact("order.shipped")),
    ("S9", "delivered", _fact("order.delivered")),
    ("C1", "declined", _fact("payment.failed")),
    ("C1", "declined", _fact("order.cancelled")),
    ("C1", "declined", _fact("stock.released")),
    ("C1", "declined", _fact("coupon.released")),
    ("C1", "declined", _fact("cart.restored")),
    ("C1", "left", _fact("payment.expired")),
    ("C2", "sold out", _fact("order.cancelled")),
    ("C2", "sold out", _fact("refund.approved")),
    ("C2", "sold out", _fact("refund.succeeded")),
    ("C3", "cancelled", _fact("order.cancelled")),
    ("C3", "cancelled", _fact("refund.approved")),
    ("C3", "cancelled", _fact("shipment.cancelled")),
)
_REACTOR = (
    ("S7", "bought", _reaction("confirm_order")),
    ("S8", "bought", _reaction("deduct_stock")),
    ("S8", "bought", _reaction("convert_cart")),
    ("S8", "bought", _reaction("prepare_parcels")),
    ("S8", "bought", _reaction("send_messages")),
    ("S8", "bought", _fact("notification.sent")),
    ("S9", "delivered", _fact("order.shipped")),
    ("S9", "delivered", _fact("order.delivered")),
    ("C1", "declined", _reaction("end_unpaid_order")),
    ("C1", "declined", _reaction("give_stock_back")),
    ("C1", "declined", _reaction("restore_cart")),
    ("C1", "declined", _reaction("give_uses_back")),
    ("C1", "left", _fact("payment.expired")),
    ("C1", "left", _fact("order.cancelled")),
    ("C2", "sold out", _reaction("confirm_order")),
    ("C2", "sold out", _reaction("give_money_back")),
    ("C2", "sold out", ASKED),
    ("C2", "sold out", MOVED),
    ("C2", "sold out", _fact("refund.succeeded")),
    ("C3", "cancelled", _reaction("give_stock_back")),
    ("C3", "cancelled", _reaction("give_money_back")),
    ("C3", "cancelled", _reaction("call_parcels_off")),
    ("C3", "cancelled", ASKED),
    ("C3", "cancelled", _fact("refund.succeeded")),
)
ALL = (
    # With a coupon a checkout is a transaction of several statements: the cart is locked, priced and compared, nothing
    # is held (S1, S3, S4); the hold is made, the order not written. Without one all of it is a statement.
    Point("api", "S1-S3-S4", "bought", INSTEAD, "WITH wanted AS"),
    Point("api", "S2", "bought", INSTEAD, "INSERT INTO orders"),
    *(Point("api", step, story, moment, word) for step, story, word in _API for moment in (BEFORE, AFTER)),
    *(Point("relay", step, story, PUBLISHED, word) for step, story, word in _RELAY),
    *(Point("reactor", step, story, moment, word) for step, story, word in _REACTOR for moment in (BEFORE, AFTER)),
)
SHORT = (
    Point("api", "S1-S5", "plain", AFTER, "INSERT INTO orders"),
    Point("api", "S6", "bought", AFTER, MOVED),
    Point("relay", "S6", "bought", PUBLISHED, _fact("payment.succeeded")),
    Point("reactor", "C1", "declined", BEFORE, _reaction("give_stock_back")),
)
