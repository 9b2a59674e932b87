"""Books a plan through the core, batch by batch: what is marked as booked is left alone, so a killed run goes on."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import TypeVar
from uuid import UUID

import msgspec
import psycopg
import stamina
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from api import db
from api.history import service as history
from api.history.service import Goods, PastLine, PastListing, PastOrder, PastReturn
from stack.imports.places import place
from stack.imports.plan import Listing, Order, Plan, Return
from stack.imports.sessions import session_id

EXTRA_STOCK = 100
EVENTS_A_BATCH = 100
LISTINGS_A_BATCH = 1_000
ACCOUNTS_A_BATCH = 2_000
OUTAGE_SECONDS = 300.0
OUTAGES = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Booked(msgspec.Struct):
    """What one run changed; what else the plan holds was there before. `tx` is above every transaction of it."""

    orders: int = 0
    returns: int = 0
    already: int = 0
    units_missing: int = 0
    tx: int = 0


class Booker:
    """Books one plan for sellers by their demo number; `advance` is told of each listing, order and return done."""

    def __init__(
        self, pool: AsyncEngine, plan: Plan, sellers: dict[int, UUID], advance: Callable[[int], object]
    ) -> None:
        self.pool, self.plan, self.sellers, self.advance = pool, plan, sellers, advance
        self.goods: dict[str, Goods] = {}
        self.accounts: dict[str, UUID] = {}
        self._orders = {order.key: order for order in (*plan.orders, *plan.before)}

    async def run(self) -> Booked:
        """Listings with their stock, accounts, then orders and returns in time order."""
        done = await self.transact(lambda conn: history.marks(conn, self.plan.source))
        for number, listings in enumerate(_batches(self.plan.listings, LISTINGS_A_BATCH)):
            await self._list(f"listing:{self.plan.fingerprint()}:{number}", listings)
        await self._know_goods()
        await self._open_accounts()
        booked = Booked()
        for batch in _batches(_in_time_order(self.plan), EVENTS_A_BATCH):
            fresh = [event for event in map(self._past, batch) if event.mark not in done]
            booked.already += len(batch) - len(fresh)
            booked.orders += sum(isinstance(event, PastOrder) for event in fresh)
            booked.returns += sum(isinstance(event, PastReturn) for event in fresh)
            booked.units_missing += await self._book(fresh)
            self.advance(len(batch))
        booked.tx = await self.transact(_next_transaction)
        return booked

    async def transact(self, work: Callable[[AsyncConnection], Awaitable[Answer]]) -> Answer:
        """One transaction, tried again while PostgreSQL is away; `work` itself passes over what was committed."""
        async for attempt in stamina.retry_context(on=OUTAGES, attempts=None, timeout=OUTAGE_SECONDS, wait_max=2.0):
            with attempt:
                async with db.transaction(self.pool) as connection:
                    return await work(connection)
        raise AssertionError("a retry context ends with an answer or an error")

    async def _list(self, mark: str, listings: list[Listing]) -> None:
        past, at = [self._listing(item) for item in listings], _beginning(self.plan)
        await self.transact(lambda conn: history.list_goods(conn, self.plan.source, mark, past, at))
        skus = [item.sku for item in listings]
        self.goods |= await self.transact(lambda conn: history.goods(conn, skus))
        self.advance(len(listings))

    async def _know_goods(self) -> None:
        """Goods of orders that other files have brought."""
        skus = {line.sku for order in self._orders.values() for line in order.lines} - self.goods.keys()
        if skus:
            self.goods |= await self.transact(lambda conn: history.goods(conn, list(skus)))

    def _listing(self, item: Listing) -> PastListing:
        return PastListing(
            sku=item.sku,
            title=item.title,
            seller_id=self.sellers[item.seller],
            currency=self.plan.currency,
            price_minor=item.price_minor,
            category=item.category,
            brand=item.brand,
            opening=item.sold + EXTRA_STOCK,
        )

    async def _open_accounts(self) -> None:
        since = {order.customer: order.at for order in self.plan.before} | self.plan.accounts
        for names in _batches(since, ACCOUNTS_A_BATCH):
            customers = {name: since[name] for name in names}
            self.accounts |= await self.transact(
                lambda conn, customers=customers: history.open_accounts(conn, self.plan.source, customers)  # type: ignore[misc]
            )

    async def _book(self, fresh: list[PastOrder | PastReturn]) -> int:
        return await self.transact(lambda conn: history.book(conn, fresh)) if fresh else 0

    def _past(self, event: Order | Return) -> PastOrder | PastReturn:
        return self._past_order(event) if isinstance(event, Order) else self._past_return(event)

    def _past_order(self, order: Order) -> PastOrder:
        return PastOrder(
            source=self.plan.source,
            key=order.key,
            at=order.at,
            user_id=self.accounts[order.customer],
            currency=self.plan.currency,
            place=place(order.area),
            shipped=self.plan.shipped,
            lines=tuple(PastLine(self.goods[line.sku], line.quantity, line.unit_minor) for line in order.lines),
            session_id=session_id(order.session) if order.session else None,
        )

    def _past_return(self, back: Return) -> PastReturn:
        order = self._past_order(self._orders[back.order])
        sold = order.sold()
        units = tuple(msgspec.structs.replace(sold[taken.line], quantity=taken.quantity) for taken in back.units)
        return PastReturn(self.plan.source, back.key, back.at, order.order_id, units)


async def _next_transaction(connection: AsyncConnection) -> int:
    """A transaction id above every one that is committed now."""
    return int((await connection.execute(text("SELECT pg_current_xact_id()::text"))).scalar_one())


def _beginning(plan: Plan) -> datetime:
    """When stock came in: the moment of the first thing that happens in the plan."""
    return min([*(order.at for order in plan.orders[:1]), *plan.accounts.values()])


def _in_time_order(plan: Plan) -> Iterator[Order | Return]:
    return merge(plan.orders, plan.returns, key=lambda event: event.at)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    several = iter(items)
    while batch := list(islice(several, size)):
        yield batch
