"""From payment.succeeded to order.confirmed, with all parts up (R-ORD-16): relay, Kafka, reactor, its transaction."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from statistics import quantiles
from uuid import UUID

from bench._figures import Figure
from bench.core._http import Connection, crowd
from bench.core._instance import PARTS, Instance, running
from bench.core._people import Buyer, buy, buyers, in_turn, settled
from streams.events.codec import decode_line
from streams.events.orders import OrderConfirmed
from streams.events.payments import PaymentProcessed
from tests.api import market
from tests.streams.topics import bodies

EVERYTHING = (*PARTS, "worker", "sink")
WARM, ORDERS, TOGETHER, PAUSE_S = 40, 400, 2, 0.4
PRODUCTS = 200
MOST_S = 1.0


def main() -> list[Figure]:
    """The median and the slowest hundredth, while about four orders a second are placed."""
    with running(EVERYTHING) as instance:
        goods = market.products(instance.dsn, PRODUCTS, stock=1_000_000)
        asyncio.run(_bought(instance, goods, WARM))
        placed = asyncio.run(_bought(instance, goods, ORDERS))
        waited = _waited(instance, placed)
    half, most = quantiles(waited, n=100)[49], quantiles(waited, n=100)[98]
    print(f"  {len(waited)} orders; half within {half:.3f} s, 99 % within {most:.3f} s, all within {max(waited):.3f} s")
    return [
        Figure("paid to confirmed: median", half, "s"),
        Figure("paid to confirmed: p99", most, "s", MOST_S, at_most=True),
    ]


async def _bought(instance: Instance, goods: Sequence[UUID], orders: int) -> list[UUID]:
    placed: list[UUID] = []

    async def visit(buyer: Buyer, basket: Sequence[UUID], connection: Connection) -> None:
        order_id = await buy(connection, buyer, basket)
        placed.extend([order_id] if order_id else [])
        await asyncio.sleep(PAUSE_S)

    people = buyers(instance.dsn, instance.environment, orders)
    visits = (partial(visit, one, basket) for one, basket in zip(people, in_turn(goods, 2), strict=False))
    await crowd(instance.port, visits, together=TOGETHER)
    await settled(instance.dsn, placed)
    return placed


def _waited(instance: Instance, placed: Sequence[UUID]) -> list[float]:
    """Seconds between the two facts of each order, by when they were recorded."""
    bootstrap, wanted = instance.environment["ATLANTIC_KAFKA_BOOTSTRAP"], set(placed)
    paid: dict[UUID, datetime] = {}
    confirmed: dict[UUID, datetime] = {}
    for topic in ("payments", "orders"):
        for line in bodies(bootstrap, topic):
            fact = decode_line(line)
            if isinstance(fact.payload, PaymentProcessed):
                paid[fact.payload.order_id] = fact.occurred_at
            elif isinstance(fact.payload, OrderConfirmed):
                confirmed[fact.payload.order_id] = fact.occurred_at
    return [(confirmed[order] - paid[order]).total_seconds() for order in wanted]


if __name__ == "__main__":
    main()
