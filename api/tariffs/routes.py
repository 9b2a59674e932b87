"""Shipping costs over HTTP, and the tariffs they follow from (E-SHP-1)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Caller, Conn, Member
from api.carts import queries as carts
from api.edge import Route
from api.errors import CartEmpty, CursorInvalid, NoShippingOption, NotFound, Unauthenticated
from api.idempotency import Once
from api.pagination import Keyset, Page
from api.problems import problems
from api.tariffs import queries, service, totals
from api.tariffs.costs import Option
from api.tariffs.models import shipping_rates
from api.tariffs.schemas import (
    ItemToSend,
    NewTariff,
    OptionAnswer,
    ParcelOptions,
    Rates,
    RatesWanted,
    TariffAnswer,
    TariffChange,
    TariffsWanted,
)
from api.unit import Reading

router = APIRouter(prefix="/v1/shipping", tags=["shipping"], route_class=Route)


@router.post("/rates", summary="What sending costs", responses=problems(NotFound, CartEmpty, NoShippingOption))
async def get_shipping_rates(body: RatesWanted, caller: Caller, conn: Reading) -> Rates:
    """The ways to send each seller's goods to a destination, the cheapest first; changes nothing (E-SHP-1).

    For the own cart it also says what all of it costs when it is sent in the ways of `shipping_option`.
    """
    place, identity = body.destination, caller.user_id if caller and caller.scopes is None else None
    if body.items is None:
        if identity is None:
            raise Unauthenticated("Name the items, or sign in to have your cart's costs.")
        return await _of_cart(conn, identity, body)
    goods = await _goods(conn, body.items)
    province_id = place.province_id
    if place.address_id is not None:
        province_id = await queries.province(conn, place.address_id, identity)
    parcels: list[ParcelOptions] = []
    for currency, mine in goods.items():
        parcels += _parcels(await service.parcels(conn, mine, currency, province_id or 0), currency)
    return Rates(parcels=parcels)


async def _of_cart(conn: AsyncConnection, user_id: UUID, body: RatesWanted) -> Rates:
    place = body.destination
    rows = await queries.in_cart(conn, user_id, place.address_id, place.province_id)
    cart = carts.seen(rows)
    if not cart.lines:
        raise CartEmpty
    if rows[0].province_id is None:
        raise NotFound(queries.NO_ADDRESS)
    goods = _by_currency(rows, {row.product_id: row.quantity for row in rows})
    parcels: list[ParcelOptions] = []
    for currency, mine in goods.items():
        found = service.ways(queries.by_seller(row for row in rows if row.currency == currency), mine)
        parcels += _parcels(found, currency)
    if len(goods) > 1:
        return Rates(parcels=parcels)
    ways = service.chosen(found, body.shipping_option)
    return Rates(parcels=parcels, cart=await totals.of_cart(conn, user_id, cart, ways))


async def _goods(conn: AsyncConnection, items: Sequence[ItemToSend]) -> dict[str, list[service.Goods]]:
    wanted: dict[UUID, int] = {}
    for item in items:
        wanted[item.product_id] = wanted.get(item.product_id, 0) + item.quantity
    rows = await queries.goods(conn, list(wanted))
    if missing := wanted.keys() - {row.product_id for row in rows}:
        raise NotFound(f"There is no product {min(missing)} on sale.")
    return _by_currency(rows, wanted)


def _by_currency(rows: Sequence[Row[Any]], quantities: Mapping[UUID, int]) -> dict[str, list[service.Goods]]:
    found: dict[str, list[service.Goods]] = {}
    for row in rows:
        units = quantities[row.product_id]
        goods = service.Goods(seller_id=row.seller_id, weight_grams=row.weight_grams, quantity=units)
        found.setdefault(row.currency, []).append(goods)
    return found


def _parcels(found: Mapping[UUID, Sequence[Option]], currency: str) -> list[ParcelOptions]:
    return [ParcelOptions(seller_id=key, options=_answers(value, currency)) for key, value in found.items()]


def _answers(options: Sequence[Option], currency: str) -> list[OptionAnswer]:
    today: date = datetime.now(UTC).date()
    return [
        OptionAnswer(
            code=option.code,
            carrier=option.carrier,
            service=option.service,
            cost_minor=option.cost_minor,
            currency=currency,
            min_days=option.min_days,
            max_days=option.max_days,
            estimated_delivery=option.arrives_by(today),
        )
        for option in options
    ]


@router.post("/tariffs", status_code=201, summary="Set a tariff", dependencies=[Once], responses=problems(NotFound))
async def create_tariff(body: NewTariff, caller: Member, conn: Conn) -> TariffAnswer:
    """A seller with tariffs of the own sends by those alone, any other by the platform's."""
    return TariffAnswer.model_validate(await service.create(conn, caller, body.model_dump()))


@router.get("/tariffs", summary="Tariffs", responses=problems(CursorInvalid))
async def list_tariffs(
    wanted: Annotated[TariffsWanted, Query()], caller: Member, request: Request, conn: Conn
) -> Page[TariffAnswer]:
    """A seller's own, or all of them for operators, the newest first."""
    filters, whose = wanted.filters, None if caller.operator else caller.seller_id
    columns, secret = shipping_rates.c, request.app.state.settings.cursor_secret
    keyset = Keyset(secret, "-created_at", columns.created_at, columns.id, {**filters, "of": whose})
    return (await keyset.read(conn, queries.listed(filters, of=whose), wanted)).of(TariffAnswer)


@router.patch("/tariffs/{tariff_id}", summary="Change a tariff", dependencies=[Once], responses=problems(NotFound))
async def update_tariff(tariff_id: UUID, body: TariffChange, caller: Member, conn: Conn) -> TariffAnswer:
    """Orders that are placed keep what they were told."""
    return TariffAnswer.model_validate(
        await service.change(conn, caller, tariff_id, body.model_dump(exclude_unset=True))
    )
