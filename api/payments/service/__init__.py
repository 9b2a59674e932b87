"""Takes money for orders and gives it back, through gateways, never inside a transaction (R-PAY-2)."""

from api.payments.card_network import CardNetwork
from api.payments.gateway import Gateway, Operation, Reply
from api.payments.gateways import Gateways, Guard, gateways
from api.payments.service.abandoned import abandon
from api.payments.service.authorized import Capture, capture, void
from api.payments.service.belonging import refunds_of, sellers_of_refund
from api.payments.service.cash import collect
from api.payments.service.comparison import Difference, compare, last_days, nightly
from api.payments.service.confirming import confirm
from api.payments.service.intents import begin, call_off, expire
from api.payments.service.refunds import Wish, ask, decide, follow
from api.payments.service.repayments import STORE_CREDIT, pay_back
from api.payments.service.results import resolve, take_notice
from api.payments.service.top_ups import Wish as TopUp
from api.payments.service.top_ups import top_up
from api.payments.service.unreplaced import give_unreplaced
from api.payments.service.wishes import Confirmation, Intent

__all__ = [
    "STORE_CREDIT",
    "Capture",
    "CardNetwork",
    "Confirmation",
    "Difference",
    "Gateway",
    "Gateways",
    "Guard",
    "Intent",
    "Operation",
    "Reply",
    "TopUp",
    "Wish",
    "abandon",
    "ask",
    "begin",
    "call_off",
    "capture",
    "collect",
    "compare",
    "confirm",
    "decide",
    "expire",
    "follow",
    "gateways",
    "give_unreplaced",
    "last_days",
    "nightly",
    "pay_back",
    "refunds_of",
    "resolve",
    "sellers_of_refund",
    "take_notice",
    "top_up",
    "void",
]
