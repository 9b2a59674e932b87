"""Shipping costs over HTTP, and the tariffs they follow from (E-SHP-1)."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from api.auth import Caller, Conn, Identity, Member
from api.edge import Route
from api.errors import CartEmpty, CursorInvalid, NoShippingOption, NotFound, Unauthenticated
from api.idempotency import Once
from api.pagination import Keyset, Page
from api.problems import problems
from api.tariffs import queries, service, totals
from api.tariffs.costs import Option
from api.tariffs.models import shipping_rates
from api.tariffs.schemas import (
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
    goods = await _goods(conn, caller, body)
    place = body.destination
    province_id = place.province_id
    if place.address_id is not None:
        province_id = await queries.province(conn, place.address_id, caller.user_id if caller else None)
    parcels: list[ParcelOptions] = []
    for currency, mine in goods.items():
        found = await service.parcels(conn, mine, currency, province_id or 0)
        parcels += [ParcelOptions(seller_id=key, options=_answers(value, currency)) for key, value in found.items()]
    if caller is None or body.items is not None or len(goods) > 1:
        return Rates(parcels=parcels)
    cart = await totals.of_cart(conn, caller.user_id, service.chosen(found, body.shipping_option))
    return Rates(parcels=parcels, cart=cart)


async def _goods(conn: AsyncConnection, caller: Identity | None, body: RatesWanted) -> dict[str, list[service.Goods]]:
    if body.items is None:
        if caller is None:
            raise Unauthenticated("Name the items, or sign in to have your cart's costs.")
        rows = await queries.in_cart(conn, caller.user_id)
        if not rows:
            raise CartEmpty
        return _by_currency(rows, {row.product_id: row.quantity for row in rows})
    wanted: dict[UUID, int] = {}
    for item in body.items:
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
    request: Request, caller: Member, conn: Conn, wanted: Annotated[TariffsWanted, Query()]
) -> Page[TariffAnswer]:
    """A seller's own, or all of them for operators, the newest first."""
    filters = wanted.model_dump(exclude={"cursor", "limit"})
    if not caller.operator:
        filters["seller_id"] = caller.seller_id
    columns = shipping_rates.c
    keyset = Keyset(request.app.state.settings.cursor_secret, "-created_at", columns.created_at, columns.id, filters)
    rows = (await conn.execute(keyset.page(queries.listed(filters), wanted.cursor, wanted.limit))).all()
    items = [TariffAnswer.model_validate(row) for row in rows[: wanted.limit]]
    return Page(items=items, next_cursor=keyset.next_cursor(rows, wanted.limit))


@router.patch("/tariffs/{tariff_id}", summary="Change a tariff", dependencies=[Once], responses=problems(NotFound))
async def update_tariff(tariff_id: UUID, body: TariffChange, caller: Member, conn: Conn) -> TariffAnswer:
    """Orders that are placed keep what they were told."""
    return TariffAnswer.model_validate(
        await service.change(conn, caller, tariff_id, body.model_dump(exclude_unset=True))
    )
