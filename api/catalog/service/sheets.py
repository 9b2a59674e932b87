"""Specification sheets: edited by the seller who made them or an operator, referred to by everybody (R-CAT-5)."""

import json
from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.auth import Identity
from api.catalog import queries
from api.catalog.models import product_specs, products
from api.errors import Forbidden, ValidationFailed

Sheet = Mapping[str, Any]


def unknown(field: str, message: str) -> ValidationFailed:
    """The refusal of an id that a request names and nobody has."""
    return ValidationFailed(errors=[{"field": f"body.{field}", "message": message, "code": "unknown"}])


async def chosen(conn: AsyncConnection, seller_id: UUID, draft: Mapping[str, Any]) -> tuple[UUID | None, Sheet]:
    """The sheet of a new product: one that is there, or a new one. ValidationFailed."""
    if draft["spec_id"]:
        # Held, so that a product is never listed with what an edit replaces at the same moment.
        return draft["spec_id"], await _content(conn, draft["spec_id"], lock="share")
    if not draft["specifications"]:
        return None, {}
    return await _made(conn, seller_id, draft["name"], draft["specifications"])


async def hold(conn: AsyncConnection, product_id: UUID) -> None:
    """Keep others from editing a product's sheet until the end, before any offer is locked: an edit locks them all."""
    its = select(products.c.spec_id).where(products.c.id == product_id).scalar_subquery()
    await conn.execute(select(product_specs.c.id).where(product_specs.c.id == its).with_for_update())


async def changed(
    conn: AsyncConnection, caller: Identity, product: Row[Any], changes: Mapping[str, Any]
) -> tuple[UUID | None, Sheet, bool]:
    """The sheet of a product after a change, its content, and whether that was edited. Forbidden, ValidationFailed."""
    if "specifications" in changes:
        return await _edited(conn, caller, product, changes["specifications"])
    spec_id = changes.get("spec_id", product.spec_id)
    return spec_id, await _content(conn, spec_id) if spec_id else {}, False


async def _edited(
    conn: AsyncConnection, caller: Identity, product: Row[Any], content: Sheet
) -> tuple[UUID | None, Sheet, bool]:
    if product.spec_id is None:
        return (*await _made(conn, product.seller_id, product.name, content), True)
    sheet = await queries.specification(conn, product.spec_id, lock="change")
    if sheet is None or not caller.owns(sheet.created_by):
        raise Forbidden("This specification sheet is another seller's; refer to one of your own instead.")
    if _written(sheet.specifications) == _written(content):
        return sheet.id, content, False
    mine = update(product_specs).where(product_specs.c.id == sheet.id)
    await conn.execute(mine.values(specifications=content, updated_at=ids.now()))
    return sheet.id, content, True


def _written(content: Sheet) -> str:
    """As JSON has it, where 1 and true are two things."""
    return json.dumps(content, sort_keys=True)


async def _content(conn: AsyncConnection, spec_id: UUID, *, lock: Literal["share"] | None = None) -> Sheet:
    found = await queries.specification(conn, spec_id, lock=lock)
    if found is None:
        raise unknown("spec_id", "is no specification sheet")
    content: Sheet = found.specifications
    return content


async def _made(conn: AsyncConnection, seller_id: UUID, title: str, content: Sheet) -> tuple[UUID, Sheet]:
    spec_id = ids.new()
    sheet = {"created_by": seller_id, "title": title, "specifications": content}
    await conn.execute(insert(product_specs).values(id=spec_id, **sheet))
    return spec_id, content
