"""Adds pictures to products: encoded beside the event loop, kept in the object store, then told with the product."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from secrets import token_hex
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Identity
from api.catalog import service as catalog
from api.catalog.images.encoding import CONTENT_TYPE, Picture, encoded
from api.catalog.images.sizes import Size
from api.objects import Objects

ENCODERS = ThreadPoolExecutor(1, thread_name_prefix="pictures")
"""One at a time: a picture of 50 million pixels takes 200 MB while it is scaled."""


async def prepare(objects: Objects, content: bytes) -> tuple[str, Picture]:
    """Encode an upload and keep its sizes; their key, which cannot be guessed (R-CAT-8), and the picture."""
    picture = await asyncio.get_running_loop().run_in_executor(ENCODERS, encoded, content)
    object_key = token_hex(16)
    for size, body in picture.sizes.items():
        await objects.put(path(object_key, size), body, CONTENT_TYPE)
    return object_key, picture


async def add(conn: AsyncConnection, caller: Identity, product_id: UUID, object_key: str, picture: Picture) -> Row[Any]:
    """Put a prepared picture behind the product's others; errors as of `catalog.add_image`."""
    fields = {
        "object_key": object_key,
        "content_type": CONTENT_TYPE,
        "bytes": len(picture.sizes["large"]),
        "width": picture.width,
        "height": picture.height,
    }
    return await catalog.add_image(conn, caller, product_id, fields)


def path(object_key: str, size: Size) -> str:
    """Where the store keeps a size."""
    return f"images/{object_key}/{size}.webp"
