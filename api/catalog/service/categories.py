"""The tree of categories: no cycle, at most six levels, one change at a time (R-CAT-4)."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox, slugs
from api.catalog import queries
from api.catalog.models import categories
from api.db import violated
from api.errors import CategoryCycle, CategoryNotEmpty, CategoryTaken, NotFound, ValidationFailed
from api.outbox import Fact
from streams.events.catalog import CategoryCreated, CategoryDeleted, CategoryUpdated


async def create_category(
    conn: AsyncConnection, *, name: str, parent_id: UUID | None = None, position: int = 0
) -> Row[Any]:
    """Add a category; CategoryTaken for a name its parent has, CategoryCycle below the sixth level (R-CAT-4)."""
    await queries.hold_tree(conn)
    above = await _path_to(conn, parent_id)
    if len(above) >= queries.MOST_LEVELS:
        raise _too_deep(parent_id)
    values = {"id": ids.new(), "name": name, "parent_id": parent_id, "position": position}
    row = await _insert(conn, values, slugs.slug(" ".join([*above, name])))
    event = CategoryCreated(category_id=row.id, title=name, parent_id=parent_id, path=(*above, name))
    await outbox.record(conn, Fact(event, seq=row.version))
    return row


async def _path_to(conn: AsyncConnection, parent_id: UUID | None) -> list[str]:
    """Names down to a parent, itself included; ValidationFailed when there is none."""
    if parent_id is None:
        return []
    names, _ = (await queries.paths(conn, [parent_id])).get(parent_id, ([], []))
    if not names:
        unknown = {"field": "body.parent_id", "message": "is no category", "code": "unknown"}
        raise ValidationFailed(errors=[unknown])
    return names


def _too_deep(category_id: UUID | None) -> CategoryCycle:
    return CategoryCycle("The tree has at most six levels.", category_id=category_id)


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


async def change_category(conn: AsyncConnection, category_id: UUID, changes: Mapping[str, Any]) -> Row[Any]:
    """Rename a category, or move it with everything below it; each category whose path changed tells so.

    NotFound, CategoryTaken for a name its parent has, CategoryCycle below itself or below the sixth level.
    """
    await queries.hold_tree(conn)
    row = await queries.category(conn, category_id)
    if row is None:
        raise NotFound
    changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not changed:
        return row
    subtree = await queries.subtree(conn, category_id)
    if "parent_id" in changed:
        await _check_move(conn, category_id, changed["parent_id"], subtree)
    await _update(conn, row, changed)
    moved = subtree if changed.keys() & {"name", "parent_id"} else [category_id]
    names = tuple(sorted("title" if name == "name" else name for name in changed))
    await outbox.record(conn, *await _retold(conn, moved, {category_id: names}))
    return await queries.category(conn, category_id) or row


async def _check_move(
    conn: AsyncConnection, category_id: UUID, parent_id: UUID | None, subtree: Mapping[UUID, int]
) -> None:
    if parent_id in subtree:
        raise CategoryCycle("A category cannot stand below itself.", category_id=category_id)
    if len(await _path_to(conn, parent_id)) + max(subtree.values()) > queries.MOST_LEVELS:
        raise _too_deep(category_id)


async def _update(conn: AsyncConnection, row: Row[Any], values: Mapping[str, Any]) -> None:
    try:
        await conn.execute(update(categories).where(categories.c.id == row.id).values(**values))
    except IntegrityError as error:
        if violated(error) == "uq_categories_parent_id_name":
            raise CategoryTaken(name=values.get("name", row.name)) from error
        raise


async def _retold(
    conn: AsyncConnection, category_ids: Iterable[UUID], changed: Mapping[UUID, tuple[str, ...]]
) -> list[Fact]:
    raised = {"version": categories.c.version + 1, "updated_at": ids.now()}
    statement = update(categories).where(categories.c.id.in_(list(category_ids))).values(raised).returning(categories)
    rows = (await conn.execute(statement)).all()
    paths = await queries.paths(conn, [row.id for row in rows])
    return [
        Fact(
            CategoryUpdated(
                category_id=row.id,
                title=row.name,
                parent_id=row.parent_id,
                path=tuple(paths[row.id][0]),
                changed=changed.get(row.id, ("path",)),
            ),
            seq=row.version,
        )
        for row in rows
    ]


async def remove_category(conn: AsyncConnection, category_id: UUID) -> None:
    """Delete a category; NotFound, CategoryNotEmpty while categories or products, deleted ones too, are in it."""
    await queries.hold_tree(conn)
    try:
        statement = delete(categories).where(categories.c.id == category_id).returning(categories.c.version)
        row = (await conn.execute(statement)).one_or_none()
    except IntegrityError as error:
        raise CategoryNotEmpty(category_id=category_id) from error
    if row is None:
        raise NotFound
    await outbox.record(conn, Fact(CategoryDeleted(category_id=category_id), seq=row.version + 1))
