"""Places orders and takes them through their life; upward effects follow by reactions to the facts."""

from api.orders.placed import Placed
from api.orders.service.at_once import hold_and_write, look
from api.orders.service.checkout import HOLD, hold_cart, place, write
from api.orders.service.lifecycle import (
    Confirmation,
    cancel,
    confirm,
    end_unpaid,
    note_delivered,
    note_refunded,
    note_shipped,
    start_processing,
)
from api.orders.service.money import Claim, free, give_back, refundable, reprice
from api.orders.service.returns import receive, request_return
from api.orders.service.undelivered import note_came_back, note_came_back_too, note_not_sent, note_replaced
from api.orders.service.unpaid import unbook_cancelled, unbook_late, unbook_returned
from api.orders.states import WINDOW

__all__ = [
    "HOLD",
    "WINDOW",
    "Claim",
    "Confirmation",
    "Placed",
    "cancel",
    "confirm",
    "end_unpaid",
    "free",
    "give_back",
    "hold_and_write",
    "hold_cart",
    "look",
    "note_came_back",
    "note_came_back_too",
    "note_delivered",
    "note_not_sent",
    "note_refunded",
    "note_replaced",
    "note_shipped",
    "place",
    "receive",
    "refundable",
    "reprice",
    "request_return",
    "start_processing",
    "unbook_cancelled",
    "unbook_late",
    "unbook_returned",
    "write",
]
