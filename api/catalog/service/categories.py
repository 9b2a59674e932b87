"""Adds categories to the tree."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox, slugs
from api.catalog import queries
from api.catalog.models import categories
from api.db import violated
from api.errors import CategoryCycle, CategoryTaken, ValidationFailed
from api.outbox import Fact
from streams.events.catalog import CategoryCreated


async def create_category(
    conn: AsyncConnection, *, name: str, parent_id: UUID | None = None, position: int = 0
) -> Row[Any]:
    """Add a category; CategoryTaken for a name its parent has, CategoryCycle below the sixth level (R-CAT-4)."""
    above: list[str] = []
    if parent_id:
        above, path = (await queries.paths(conn, [parent_id])).get(parent_id, ([], []))
        if not path:
            unknown = {"field": "body.parent_id", "message": "is no category", "code": "unknown"}
            raise ValidationFailed(errors=[unknown])
        if len(path) >= queries.MOST_LEVELS:
            raise CategoryCycle("The tree has at most six levels.", category_id=parent_id)
    values = {"id": ids.new(), "name": name, "parent_id": parent_id, "position": position}
    row = await _insert(conn, values, slugs.slug(" ".join([*above, name])))
    event = CategoryCreated(category_id=row.id, title=name, parent_id=parent_id, path=(*above, name))
    await outbox.record(conn, Fact(event, seq=row.version))
    return row


async def _insert(conn: AsyncConnection, values: dict[str, Any], slug: str) -> Row[Any]:
    try:
        async with conn.begin_nested():
            statement = insert(categories).values({**values, "slug": slug}).returning(categories)
            row: Row[Any] = (await conn.execute(statement)).one()
            return row
    except IntegrityError as error:
        if violated(error) == "uq_categories_slug":
            return await _insert(conn, values, slugs.another(slug))
        if violated(error) == "uq_categories_parent_id_name":
            raise CategoryTaken(name=values["name"]) from error
        raise
