"""The shopper's cart, and what checkout's outcome makes of it."""

from api.carts.content import Content
from api.carts.service.abandonment import abandon, recover
from api.carts.service.adding import Added, offered, put
from api.carts.service.coupons import discounted, put_on, take_off
from api.carts.service.lines import clear, forget, lower, set_quantity
from api.carts.service.outcome import convert, restore
from api.carts.service.rows import opened

__all__ = [
    "Added",
    "Content",
    "abandon",
    "clear",
    "convert",
    "discounted",
    "forget",
    "lower",
    "offered",
    "opened",
    "put",
    "put_on",
    "recover",
    "restore",
    "set_quantity",
    "take_off",
]
