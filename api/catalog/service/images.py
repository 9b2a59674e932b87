"""Pictures of products: rows with the keys of their files; each change is one of the product."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.auth import Identity
from api.catalog import queries
from api.catalog.models import product_images
from api.catalog.service.products import touch
from api.errors import NotFound, ValidationFailed

MOST_IMAGES = 10


async def require_room(conn: AsyncConnection, caller: Identity, product_id: UUID) -> None:
    """NotFound for a product of somebody else, ValidationFailed when it has as many pictures as it may."""
    row = await queries.product(conn, product_id)
    if row is None or row.status == "deleted" or not caller.owns(row.seller_id):
        raise NotFound
    if len(await queries.images(conn, product_id)) >= MOST_IMAGES:
        message = f"would be one more than the {MOST_IMAGES} pictures of a product; take one away first"
        raise ValidationFailed(errors=[{"field": "body.file", "message": message, "code": "too-many"}])


async def add_image(conn: AsyncConnection, caller: Identity, product_id: UUID, fields: Mapping[str, Any]) -> Row[Any]:
    """Put a picture behind the others; errors as of `require_room`."""
    await queries.product(conn, product_id, lock=True)
    await require_room(conn, caller, product_id)
    known = await queries.images(conn, product_id)
    values = {
        **fields,
        "id": ids.new(),
        "product_id": product_id,
        "position": max((i.position for i in known), default=-1) + 1,
    }
    row: Row[Any] = (await conn.execute(insert(product_images).values(values).returning(product_images))).one()
    await touch(conn, product_id, "images")
    return row


async def remove_image(conn: AsyncConnection, caller: Identity, product_id: UUID, image_id: UUID) -> None:
    """Take a picture away; NotFound when the product is somebody else's, nothing when the picture is gone already."""
    product = await queries.product(conn, product_id, lock=True)
    if product is None or product.status == "deleted" or not caller.owns(product.seller_id):
        raise NotFound
    here = (product_images.c.id == image_id) & (product_images.c.product_id == product_id)
    if (await conn.execute(delete(product_images).where(here))).rowcount:
        await touch(conn, product_id, "images")
