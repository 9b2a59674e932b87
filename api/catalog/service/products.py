"""Lists products, changes them and takes them out of the catalogue."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.auth import Identity
from api.catalog import queries
from api.catalog.models import products
from api.catalog.service import sheets
from api.changes import differing, require_version
from api.db import violated
from api.errors import CurrencyMismatch, NotFound, SkuTaken
from api.inventory import service as inventory
from api.outbox import Fact
from api.sellers import queries as sellers
from api.sellers.service import require_active
from streams.events.catalog import ProductCreated, ProductDeleted, ProductUpdated

DELETED = "deleted"


async def create(
    conn: AsyncConnection, seller_id: UUID, draft: Mapping[str, Any], *, actor_id: UUID | None = None
) -> Row[Any]:
    """List a product with its stock row; `draft` has the fields of schemas.NewProduct.

    Raises SellerInactive, CurrencyMismatch, SkuTaken, ValidationFailed for an unknown category or sheet.
    """
    seller = await sellers.one(conn, seller_id, lock=True)
    if seller is None:
        raise NotFound
    require_active(seller)
    if draft["currency"] not in (None, seller.currency):
        raise CurrencyMismatch(expected=seller.currency, given=draft["currency"])
    spec_id, sheet = await sheets.chosen(conn, seller_id, draft)
    fields = {name: value for name, value in draft.items() if name not in ("specifications", "on_hand")}
    row = await _insert(conn, fields | {"seller_id": seller_id, "spec_id": spec_id, "currency": seller.currency})
    state = await _state(conn, row, sheet)
    opened = await inventory.open_row(
        conn, product_id=row.id, seller_id=seller_id, on_hand=draft["on_hand"], actor_id=actor_id
    )
    await outbox.record(conn, Fact(ProductCreated(**state), seq=row.version), opened)
    return row


async def _insert(conn: AsyncConnection, values: Mapping[str, Any]) -> Row[Any]:
    try:
        statement = insert(products).values(id=ids.new(), **values).returning(products)
        return cast(Row[Any], (await conn.execute(statement)).one())
    except IntegrityError as error:
        raise _refusal(error, values) from error


def _refusal(error: IntegrityError, values: Mapping[str, Any]) -> Exception:
    constraint = violated(error)
    if constraint == "uq_products_sku":
        return SkuTaken(sku=values["sku"])
    return sheets.unknown("category_id", "is no category") if constraint == "fk_products_category_id" else error


async def _state(conn: AsyncConnection, row: Row[Any], sheet: Mapping[str, Any]) -> dict[str, Any]:
    return (await _states(conn, [row], sheet))[row.id]


async def _states(
    conn: AsyncConnection, rows: Sequence[Row[Any]], sheet: Mapping[str, Any]
) -> dict[UUID, dict[str, Any]]:
    """What facts tell of some products with one sheet."""
    paths = await queries.paths(conn, [row.category_id for row in rows])
    pictures = await queries.image_keys(conn, [row.id for row in rows])
    return {row.id: _told(row, paths[row.category_id], sheet, pictures.get(row.id, ())) for row in rows}


def _told(
    row: Row[Any], path: tuple[list[str], list[UUID]], sheet: Mapping[str, Any], images: Sequence[str]
) -> dict[str, Any]:
    same = ("sku", "spec_id", "seller_id", "description", "category_id", "brand", "price_minor", "currency", "tax_bp",
            "weight_grams", "status", "created_at")  # fmt: skip
    return {
        **{name: getattr(row, name) for name in same},
        "product_id": row.id,
        "title": row.name,
        "category": tuple(path[0]),
        "category_ids": tuple(path[1]),
        "keywords": tuple(row.keywords),
        "specifications": dict(sheet),
        "images": tuple(images),
        "product_version": row.version,
    }


async def change(
    conn: AsyncConnection, caller: Identity, product_id: UUID, changes: Mapping[str, Any], expected: int | None
) -> Row[Any]:
    """Change an own product, and the sheet it made (R-CAT-5). Nothing changes when no value differs.

    NotFound, VersionConflict, SkuTaken, Forbidden for another seller's sheet, ValidationFailed for what is none.
    """
    if "specifications" in changes:
        await sheets.hold(conn, product_id)
    row = await _own(conn, caller, product_id)
    if row.status == DELETED:
        raise NotFound
    require_version(row, expected)
    spec_id, sheet, edited = await sheets.changed(conn, caller, row, changes)
    wanted = {name: value for name, value in changes.items() if name != "specifications"} | {"spec_id": spec_id}
    changed = differing(row, wanted)
    if not (changed or edited):
        return row
    after = await _update(conn, product_id, changed)
    before = row.price_minor if "price_minor" in changed else None
    names = {"title" if name == "name" else name for name in changed} | ({"specifications"} if edited else set())
    event = ProductUpdated(**await _state(conn, after, sheet), changed=tuple(sorted(names)), price_before_minor=before)
    await outbox.record(conn, Fact(event, seq=after.version))
    if edited:
        await _tell_others(conn, after, sheet)
    return after


async def _tell_others(conn: AsyncConnection, edited: Row[Any], sheet: Mapping[str, Any]) -> None:
    """Every other offer of an edited sheet shows it too."""
    others = (products.c.spec_id == edited.spec_id, products.c.id != edited.id, products.c.status != DELETED)
    raised = {"version": products.c.version + 1, "updated_at": ids.now()}
    rows = (await conn.execute(update(products).where(*others).values(raised).returning(products))).all()
    states = await _states(conn, rows, sheet) if rows else {}
    changed = ("specifications",)
    facts = [Fact(ProductUpdated(**states[row.id], changed=changed), seq=row.version) for row in rows]
    await outbox.record(conn, *facts)


async def touch(conn: AsyncConnection, product_id: UUID, *changed: str) -> None:
    """Raise the product's version and tell its state, after something beside its row has changed."""
    after = await _update(conn, product_id, {})
    spec = await queries.specification(conn, after.spec_id) if after.spec_id else None
    state = await _state(conn, after, spec.specifications if spec else {})
    await outbox.record(conn, Fact(ProductUpdated(**state, changed=changed), seq=after.version))


async def _own(conn: AsyncConnection, caller: Identity, product_id: UUID) -> Row[Any]:
    row = await queries.product(conn, product_id, lock=True)
    if row is None or not caller.owns(row.seller_id):
        raise NotFound
    return row


async def _update(conn: AsyncConnection, product_id: UUID, values: Mapping[str, Any]) -> Row[Any]:
    raised = {**values, "version": products.c.version + 1, "updated_at": ids.now()}
    try:
        statement = update(products).where(products.c.id == product_id).values(raised).returning(products)
        return cast(Row[Any], (await conn.execute(statement)).one())
    except IntegrityError as error:
        raise _refusal(error, values) from error


async def remove(conn: AsyncConnection, caller: Identity, product_id: UUID) -> None:
    """Take an own product out of the catalogue for good (R-CAT-7); a removed one stays removed. NotFound."""
    row = await _own(conn, caller, product_id)
    if row.status == DELETED:
        return
    after = await _update(conn, product_id, {"status": DELETED})
    event = ProductDeleted(product_id=row.id, sku=row.sku, seller_id=row.seller_id)
    await outbox.record(conn, Fact(event, seq=after.version))


async def remove_all(conn: AsyncConnection, seller_id: UUID) -> None:
    """Take every product of a seller out of the catalogue for good (R-SEL-5)."""
    left = (products.c.seller_id == seller_id, products.c.status != DELETED)
    gone = {"status": DELETED, "version": products.c.version + 1, "updated_at": ids.now()}
    statement = update(products).where(*left).values(gone).returning(products.c.id, products.c.sku, products.c.version)
    facts = [
        Fact(ProductDeleted(product_id=row.id, sku=row.sku, seller_id=seller_id), seq=row.version)
        for row in await conn.execute(statement)
    ]
    await outbox.record(conn, *facts)
