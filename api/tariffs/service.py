"""Tariffs are set by operators and sellers; what a parcel costs follows from them alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import Row, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.auth import Identity
from api.errors import NoShippingOption, NotFound, ValidationFailed
from api.tariffs import queries
from api.tariffs.costs import INCLUDED, Option, options
from api.tariffs.models import shipping_rates

__all__ = ["Option", "change", "chosen", "create", "parcels", "ways"]


class Goods(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a product on their way to one destination; weight of one unit in grams."""

    seller_id: UUID
    weight_grams: int
    quantity: int


class Weighed(Protocol):
    """Goods of any kind; weight of one unit in grams."""

    @property
    def seller_id(self) -> UUID: ...
    @property
    def weight_grams(self) -> int: ...
    @property
    def quantity(self) -> int: ...


async def parcels(
    conn: AsyncConnection, goods: Sequence[Weighed], currency: str, province_id: int
) -> dict[UUID, list[Option]]:
    """The ways to send each seller's goods; NoShippingOption when one seller's cannot be sent there."""
    sellers = sorted({item.seller_id for item in goods})
    return ways(await queries.reaching(conn, sellers, currency, province_id), goods)


def ways(reaching: queries.Reaching, goods: Iterable[Weighed]) -> dict[UUID, list[Option]]:
    """The same from tariffs that were read before."""
    found = {}
    for seller_id, grams in sorted(_weights(goods).items()):
        mine = options(reaching[seller_id], grams) if seller_id in reaching else [INCLUDED]
        if not mine:
            raise NoShippingOption(seller_id=seller_id)
        found[seller_id] = mine
    return found


def _weights(goods: Iterable[Weighed]) -> dict[UUID, int]:
    grams: dict[UUID, int] = {}
    for item in goods:
        grams[item.seller_id] = grams.get(item.seller_id, 0) + item.weight_grams * item.quantity
    return grams


def chosen(found: Mapping[UUID, list[Option]], wanted: str | Mapping[UUID, str] | None) -> dict[UUID, Option]:
    """One way per parcel: the wanted one, by seller or for all of them, else the cheapest.

    Where sending is part of the price a choice for all changes nothing. NoShippingOption for a way that a seller does
    not offer.
    """
    if isinstance(wanted, Mapping) and (strangers := wanted.keys() - found.keys()):
        raise NoShippingOption(seller_id=min(strangers))
    return {seller_id: _one(seller_id, mine, wanted) for seller_id, mine in found.items()}


def _one(seller_id: UUID, mine: Sequence[Option], wanted: str | Mapping[UUID, str] | None) -> Option:
    for_all = isinstance(wanted, str)
    code = wanted.get(seller_id) if isinstance(wanted, Mapping) else wanted
    if code is None or (for_all and mine[0] is INCLUDED):
        return mine[0]
    for option in mine:
        if option.code == code:
            return option
    raise NoShippingOption(seller_id=seller_id)


async def create(conn: AsyncConnection, caller: Identity, fields: Mapping[str, Any]) -> Row[Any]:
    """A new tariff: a seller's own, or, made by an operator, the platform's or that of the named seller."""
    seller_id = fields["seller_id"] if caller.operator else caller.seller_id
    if fields["seller_id"] not in (None, seller_id):
        raise NotFound("There is no such seller.")
    if caller.operator and seller_id and not await queries.knows_seller(conn, seller_id):
        raise NotFound("There is no such seller.")
    values = {**fields, "id": ids.new(), "seller_id": seller_id}
    row: Row[Any] = (await conn.execute(insert(shipping_rates).values(values).returning(shipping_rates))).one()
    return row


async def change(conn: AsyncConnection, caller: Identity, tariff_id: UUID, changes: Mapping[str, Any]) -> Row[Any]:
    """The tariff with some columns changed; NotFound for another seller's or, unless by operators, the platform's."""
    known = await queries.one(conn, tariff_id, lock=True)
    if not caller.operator and known.seller_id != caller.seller_id:
        raise NotFound
    _require_order(known, changes)
    values = {**changes, "updated_at": ids.now()}
    statement = update(shipping_rates).where(shipping_rates.c.id == tariff_id).values(values)
    row: Row[Any] = (await conn.execute(statement.returning(shipping_rates))).one()
    return row


def _require_order(known: Row[Any], changes: Mapping[str, Any]) -> None:
    least, most = (changes.get(name, getattr(known, name)) for name in ("min_days", "max_days"))
    if least <= most:
        return
    wrong = {"field": "body.max_days", "message": f"must not be less than min_days, which is {least}"}
    if "min_days" in changes:
        wrong = {"field": "body.min_days", "message": f"must not be more than max_days, which is {most}"}
    raise ValidationFailed(errors=[{**wrong, "code": "out_of_order"}])
