"""Whose product it is decides who may ask for its stock."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from api.auth import Conn, Identity
from api.errors import NotFound
from api.inventory import queries


async def own(conn: Conn, product_id: UUID, identity: Identity) -> Row[Any]:
    """The product's owner; NotFound for callers who do not own it."""
    owner = await queries.owner(conn, product_id)
    if owner is None or not identity.owns(owner.seller_id):
        raise NotFound
    return owner
