"""Who trades in every run: shoppers, sellers with two products each, an operator; made once, by statements."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from api import ids, tokens
from api.settings import Settings
from api.tokens import Identity

SHOPPERS, SHOPS, STOCK = 3, 3, 12
PRICES = (1000, 333)
CURRENCY = "GBP"

_USER = (
    "INSERT INTO users (id, email, first_name, last_name, phone, roles) "
    "VALUES (%(id)s, %(id)s::text || '@x.example', 'A', 'B', '+1', %(roles)s)"
)
_SELLER = """
INSERT INTO sellers (id, user_id, display_name, slug, legal_name, contact_email, contact_phone, currency, status,
                     commission_bp)
VALUES (%(id)s, %(user)s, %(id)s::text, %(id)s::text, 'Shop', 's@shop.example', '+1', 'GBP', 'active', %(commission)s)
"""
_PRODUCT = """
INSERT INTO products (id, sku, seller_id, category_id, name, price_minor, currency, tax_bp, weight_grams)
VALUES (%(id)s, %(id)s::text, %(seller)s, %(category)s, 'Teapot', %(price)s, 'GBP', %(tax)s, 500)
"""

_RATES = """
INSERT INTO shipping_rates (id, carrier, service, seller_id, base_minor, per_kg_minor, currency, min_days, max_days)
VALUES (uuidv7(), 'Royal Mail', 'Tracked 48', NULL, 250, 99, 'GBP', 2, 3),
       (uuidv7(), 'Royal Mail', 'Express', NULL, 701, 0, 'GBP', 1, 1),
       (uuidv7(), 'Royal Mail', 'Second', %(seller)s, 85, 1, 'GBP', 3, 5)
"""


class Person(NamedTuple):
    """An account and its access token."""

    id: UUID
    token: str
    seller_id: UUID | None = None


class People(NamedTuple):
    """Everybody, and the products by price."""

    shoppers: list[Person]
    sellers: list[Person]
    operator: Person
    products: list[UUID]

    @property
    def everybody(self) -> list[Person]:
        """Every account."""
        return [*self.shoppers, *self.sellers, self.operator]


def gather(db: psycopg.Connection[Any], settings: Settings) -> People:
    """Make everybody."""
    category = ids.new()
    db.execute("INSERT INTO categories (id, name, slug) VALUES (%s, 'Kitchen', 'kitchen')", [category])
    shoppers = [_person(db, settings, ["shopper"]) for _ in range(SHOPPERS)]
    sellers, products = [], []
    for number in range(SHOPS):
        owner = _seller(db, settings, commission=(1000, 755, 0)[number])
        sellers.append(owner)
        for price in PRICES:
            products.append(_product(db, owner, category, price=price + number, tax=(2000, 0, 550)[number]))
    db.execute(_RATES, {"seller": sellers[0].seller_id})
    return People(shoppers, sellers, _person(db, settings, ["shopper", "operator"]), products)


def _person(db: psycopg.Connection[Any], settings: Settings, roles: list[str], seller: UUID | None = None) -> Person:
    user = ids.new()
    db.execute(_USER, {"id": user, "roles": roles})
    return Person(user, _token(settings, user, roles, seller), seller)


def _token(settings: Settings, user: UUID, roles: list[str], seller: UUID | None) -> str:
    now = datetime.now(UTC)
    identity = Identity(user, frozenset(roles), seller, ids.new(), now + timedelta(days=1))
    return tokens.mint(settings.signing_key, identity, now)


def _seller(db: psycopg.Connection[Any], settings: Settings, *, commission: int) -> Person:
    seller = ids.new()
    owner = _person(db, settings, ["shopper", "seller"], seller)
    db.execute(_SELLER, {"id": seller, "user": owner.id, "commission": commission})
    return owner


def _product(db: psycopg.Connection[Any], owner: Person, category: UUID, *, price: int, tax: int) -> UUID:
    product = ids.new()
    names = {"id": product, "seller": owner.seller_id, "category": category, "price": price, "tax": tax}
    db.execute(_PRODUCT, names)
    return product
