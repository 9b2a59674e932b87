"""The category tree as an import needs it: paths of names to ids, and categories that are not there yet."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.catalog.models import categories
from api.history.batch import Batch
from api.outbox import Fact
from streams.events.catalog import CategoryCreated

ROOTS = "categories"


class _Node(msgspec.Struct, frozen=True):
    name: str
    parent_id: UUID | None


class Tree:
    """All categories; `ensure` adds those that a path lacks to a batch."""

    def __init__(self, nodes: dict[UUID, _Node], slugs: set[str]) -> None:
        self._nodes, self._slugs = nodes, slugs
        self._children = {(node.parent_id, node.name): key for key, node in nodes.items()}

    @classmethod
    async def read(cls, connection: AsyncConnection) -> "Tree":
        """The tree as it stands."""
        columns = (categories.c.id, categories.c.name, categories.c.parent_id, categories.c.slug)
        rows = (await connection.execute(select(*columns))).all()
        return cls({row.id: _Node(row.name, row.parent_id) for row in rows}, {row.slug for row in rows})

    def ids(self, category_id: UUID) -> tuple[UUID, ...]:
        """The ids from the top level down to a category."""
        node = self._nodes[category_id]
        return (*(self.ids(node.parent_id) if node.parent_id else ()), category_id)

    def path(self, category_id: UUID) -> tuple[str, ...]:
        """The names from the top level down to a category."""
        return tuple(self._nodes[key].name for key in self.ids(category_id))

    def ensure(self, batch: Batch, facts: list[Fact], path: Sequence[str], at: datetime) -> UUID:
        """The id of the category at `path`; what is missing on the way is added to `batch` and told in `facts`."""
        parent: UUID | None = None
        for depth in range(len(path)):
            found = self._children.get((parent, path[depth]))
            parent = found or self._add(batch, facts, path[: depth + 1], parent, at)
        if parent is None:
            raise ValueError("a category path has at least one name")
        return parent

    def _add(self, batch: Batch, facts: list[Fact], path: Sequence[str], parent: UUID | None, at: datetime) -> UUID:
        category_id = ids.derived(at, ROOTS, *path)
        slug = _slug(path)
        slug = slug if slug not in self._slugs else f"{slug[:140]}-{category_id.hex[-8:]}"
        self._slugs.add(slug)
        self._nodes[category_id] = _Node(path[-1], parent)
        self._children[parent, path[-1]] = category_id
        batch.add("categories", category_id, path[-1], slug, parent)
        created = CategoryCreated(category_id=category_id, title=path[-1], parent_id=parent, path=tuple(path))
        facts.append(Fact(created, 1))
        return category_id


def _slug(path: Sequence[str]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", " ".join(path).lower()).strip("-")[:150] or "category"
