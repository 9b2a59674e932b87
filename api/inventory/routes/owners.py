"""Whose product it is decides who may ask for its stock, and change it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from sqlalchemy import Row

from api.auth import Conn, Current, Identity, member
from api.errors import NotFound
from api.inventory import queries


async def own(conn: Conn, product_id: UUID, caller: Identity) -> Row[Any]:
    """The product's owner; NotFound for callers who do not own it."""
    owner = await queries.owner(conn, product_id)
    if owner is None or not caller.owns(owner.seller_id):
        raise NotFound
    return owner


SERVICE = "service"


async def _keeper(caller: Current) -> Identity:
    return caller if SERVICE in caller.roles else await member(caller)


Keeper = Annotated[Identity, Depends(_keeper)]
"""A seller, an operator, or another process of the platform, such as a warehouse's, which keeps everybody's stock."""


async def kept_by(conn: Conn, product_id: UUID, caller: Identity) -> None:
    """NotFound for callers who do not keep a product's stock."""
    if SERVICE not in caller.roles:
        await own(conn, product_id, caller)
