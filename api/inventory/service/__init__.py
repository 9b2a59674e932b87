"""Moves stock: holds for orders, and changes of what is on hand; every function hands back facts for outbox.record."""

from api.inventory.service.counts import change, open_row, restock, set_count
from api.inventory.service.given_back import give_back
from api.inventory.service.holds import Hold, ReleaseCause, deduct, live_hold, refused, release, reserve, stands
from api.inventory.service.movements import Cause
from api.inventory.service.pieces import TOPIC, Bucket, Piece, held, pieces

__all__ = [
    "TOPIC",
    "Bucket",
    "Cause",
    "Hold",
    "Piece",
    "ReleaseCause",
    "change",
    "deduct",
    "give_back",
    "held",
    "live_hold",
    "open_row",
    "pieces",
    "refused",
    "release",
    "reserve",
    "restock",
    "set_count",
    "stands",
]
