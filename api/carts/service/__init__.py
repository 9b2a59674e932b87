"""The shopper's cart, and what checkout's outcome makes of it."""

from api.carts.service.abandonment import abandon, recover
from api.carts.service.coupons import discounted, put_on, take_off
from api.carts.service.lines import add, clear, forget, lower, set_quantity
from api.carts.service.outcome import convert, restore

__all__ = [
    "abandon",
    "add",
    "clear",
    "convert",
    "discounted",
    "forget",
    "lower",
    "put_on",
    "recover",
    "restore",
    "set_quantity",
    "take_off",
]
