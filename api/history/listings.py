"""Lists products that another system sold, with their categories and opening stock; a known sku takes the new words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.history.batch import Batch
from api.history.categories import Tree
from api.history.past import Goods
from api.history.stock import Cause, Shelf
from api.outbox import Fact
from api.platform import import_marks
from streams.events.catalog import ProductCreated, ProductState, ProductUpdated

UNPRICED_MINOR = 1
_json = msgspec.json.Encoder()
_LISTED = (
    "SELECT p.*, s.commission_bp, "
    "(SELECT i.id FROM inventory i WHERE i.product_id = p.id ORDER BY i.bucket LIMIT 1) AS inventory_id "
    "FROM products p JOIN sellers s ON s.id = p.seller_id "
    "WHERE p.sku = ANY(CAST(:skus AS text[])) ORDER BY p.id"
)
_KNOWN = text(_LISTED)
# Locked for a change: the number of its fact follows from the version that was read. No stronger lock than an update
# takes, or a checkout that holds the stock would wait for the product while this waits for the stock.
_TAKEN = text(f"{_LISTED} FOR NO KEY UPDATE OF p")
_RENAME = text(
    "UPDATE products p SET name = n.name, price_minor = n.price_minor, version = version + 1, updated_at = now() "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[]), CAST(:prices AS bigint[])) AS n (id, name, price_minor) "
    "WHERE p.id = n.id"
)


class PastListing(msgspec.Struct, frozen=True):
    """A product of another system; `price_minor` None lists it inactive, for it was never priced."""

    sku: str
    title: str
    seller_id: UUID
    currency: str
    price_minor: int | None
    category: tuple[str, ...]
    brand: str | None
    opening: int

    def states(self, product_id: UUID, category_ids: tuple[UUID, ...], at: datetime) -> ProductCreated:
        """The fact that lists it."""
        return ProductCreated(
            product_id=product_id,
            sku=self.sku,
            seller_id=self.seller_id,
            title=self.title,
            category_id=category_ids[-1],
            category=self.category,
            category_ids=category_ids,
            brand=self.brand,
            price_minor=self.price_minor or UNPRICED_MINOR,
            currency=self.currency,
            status="active" if self.price_minor else "inactive",
            product_version=1,
            created_at=at,
        )


async def goods(connection: AsyncConnection, skus: Sequence[str]) -> dict[str, Goods]:
    """Listed products by sku, as order lines name them."""
    tree = await Tree.read(connection)
    rows = await connection.execute(_KNOWN, {"skus": list(skus)})
    return {row.sku: _goods(row, tree.path(row.category_id)) for row in rows}


def _goods(row: Row[Any], path: tuple[str, ...]) -> Goods:
    snapshot = {
        "sku": row.sku,
        "name": row.name,
        "brand": row.brand,
        "category": path,
        "specifications": {},
        "image": None,
        "price_minor": row.price_minor,
        "version": row.version,
    }
    return Goods(
        product_id=row.id,
        inventory_id=row.inventory_id,
        sku=row.sku,
        title=row.name,
        seller_id=row.seller_id,
        commission_bp=row.commission_bp,
        category_id=row.category_id,
        snapshot_json=_json.encode(snapshot).decode(),
    )


async def list_goods(
    connection: AsyncConnection, source: str, mark: str, listings: Sequence[PastListing], at: datetime
) -> None:
    """List what is new and receive the opening stock of all, in this transaction, once per `mark`."""
    mine = (import_marks.c.source == source) & (import_marks.c.item == mark)
    if (await connection.execute(select(import_marks.c.item).where(mine))).first():
        return
    known = {row.sku: row for row in await connection.execute(_TAKEN, {"skus": [item.sku for item in listings]})}
    shelf = await Shelf.locked(connection, [row.inventory_id for row in known.values()])
    desk = _Desk(await Tree.read(connection), shelf, at)
    for item in listings:
        if row := known.get(item.sku):
            desk.receive(item, row)
        else:
            desk.open(item)
    await _rename(connection, desk)
    desk.batch.record(f"import:{source}:{mark}", at, desk.facts)
    desk.batch.add("import_marks", source, mark)
    await desk.batch.write(connection)
    await shelf.store(connection)


class _Desk:
    """Where the listings of one transaction are worked on."""

    def __init__(self, tree: Tree, shelf: Shelf, at: datetime) -> None:
        self.tree, self.shelf, self.at = tree, shelf, at
        self.batch = Batch()
        self.facts: list[Fact] = []
        self.renamed: list[tuple[PastListing, Row[Any]]] = []
        self._cause = Cause("import", None, at)

    def open(self, item: PastListing) -> None:
        """A new product with its category, its stock row and its opening stock."""
        category_id = self.tree.ensure(self.batch, self.facts, item.category, self.at)
        product_id = ids.derived(self.at, "product", item.sku)
        inventory_id = ids.derived(self.at, "inventory", item.sku)
        created = item.states(product_id, self.tree.ids(category_id), self.at)
        self.batch.add(
            "products", product_id, item.sku, item.seller_id, category_id, item.title, item.brand,
            created.price_minor, item.currency, created.status, self.at, self.at,
        )  # fmt: skip
        self.batch.add("inventory", inventory_id, product_id, item.opening, 1)
        listed = Goods(product_id, inventory_id, item.sku, item.title, item.seller_id, 0, category_id, "")
        self.facts += [Fact(created, 1), self.shelf.open(self.batch, listed, item.opening, self._cause)]

    def receive(self, item: PastListing, row: Row[Any]) -> None:
        """More stock of a product that is listed already: it takes the new title and price, and keeps its seller."""
        self.facts.append(self.shelf.receive(self.batch, _goods(row, ()), item.opening, self._cause))
        if _differs(item, row):
            self.renamed.append((item, row))


def _differs(item: PastListing, row: Row[Any]) -> bool:
    return bool(row.status != "deleted" and (row.name != item.title or row.price_minor != _price(item, row)))


def _price(item: PastListing, row: Row[Any]) -> int:
    return item.price_minor or int(row.price_minor)


async def _rename(connection: AsyncConnection, desk: _Desk) -> None:
    if not desk.renamed:
        return
    values = {
        "ids": [row.id for _, row in desk.renamed],
        "names": [item.title for item, _ in desk.renamed],
        "prices": [_price(item, row) for item, row in desk.renamed],
    }
    await connection.execute(_RENAME, values)
    desk.facts += [Fact(_updated(item, row, desk.tree), row.version + 1) for item, row in desk.renamed]


def _updated(item: PastListing, row: Row[Any], tree: Tree) -> ProductUpdated:
    price = _price(item, row)
    changed = (*(("title",) if row.name != item.title else ()), *(("price_minor",) if row.price_minor != price else ()))
    state = {name: value for name, value in row._mapping.items() if name in ProductState.__struct_fields__}
    return ProductUpdated(
        **{
            **state,
            "product_id": row.id,
            "title": item.title,
            "category": tree.path(row.category_id),
            "category_ids": tree.ids(row.category_id),
            "keywords": tuple(row.keywords),
            "price_minor": price,
            "product_version": row.version + 1,
        },
        changed=changed,
        price_before_minor=row.price_minor if "price_minor" in changed else None,
    )
