"""Keeps promotions, and counts the orders that use them."""

from api.promotions.discounts import NO_SHIPPING, Basket, Discounts, Line, Promotion, Use, reduce
from api.promotions.service.applied import Applied, apply, coupon_problem, facts, released, usable
from api.promotions.service.terms import change, create

__all__ = [
    "NO_SHIPPING",
    "Applied",
    "Basket",
    "Discounts",
    "Line",
    "Promotion",
    "Use",
    "apply",
    "change",
    "coupon_problem",
    "create",
    "facts",
    "reduce",
    "released",
    "usable",
]
