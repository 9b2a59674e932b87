"""Lets a plan go on from what other files of its source have booked, so that cuts together give what one file gives.

An invoice that was booked with fewer lines, from a file that was cut off, gets an order of the missing ones (`536365+1`
after `536365`); a return finds lines that another file brought, and what another file returned is not returned again.
"""

import dataclasses
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from hashlib import md5
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.history import service as history
from api.history.service import BookedLine, BookedOrder
from stack.imports.plan import Line, Order, Plan, Returned
from stack.imports.returns import FURTHER, RETURN_TIME, Gone, in_turn, match

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_HASHED = (1 << 62) - 1  # the bits of a derived id that do not tell its time

Parts = dict[str, list[tuple[str, BookedOrder]]]


class _Seen(msgspec.Struct):
    """A plan's orders as they are and will be booked, and whether any differs from the file."""

    orders: list[Order]
    differs: bool = False


async def settled(connection: AsyncConnection, plan: Plan, done: Collection[str]) -> Plan:
    """The plan with the orders and returns that are left to book; the same plan where no other file has a part in it.

    `done` are the marks of the source. The plan keeps the fingerprint of its file.
    """
    parts = await _parts(connection, plan.source, done)
    if not parts:
        return plan
    seen = await _as_booked(connection, plan, parts)
    before, gone = await _before(connection, plan, parts)
    returned, again = await _not_again(connection, plan, done)
    if not (seen.differs or before or again):
        return plan
    returns, unmatched = match(in_turn([*seen.orders, *before]), returned, gone)
    return dataclasses.replace(
        plan,
        orders=in_turn(seen.orders),
        returns=returns,
        unmatched_units=unmatched,
        before=before,
        named=plan.fingerprint(),
    )


async def _parts(connection: AsyncConnection, source: str, done: Iterable[str]) -> Parts:
    """Booked orders by invoice, each with its key."""
    keys = [mark.removeprefix("order:") for mark in done if mark.startswith("order:")]
    if not keys:
        return {}
    hashed = {ids.derived(_ANY_TIME, source, "order", key).int & _HASHED: key for key in keys}
    parts: Parts = {}
    for order in await history.booked_orders(connection, source):
        if key := hashed.get(order.order_id.int & _HASHED):
            parts.setdefault(_invoice(key), []).append((key, order))
    return parts


async def _as_booked(connection: AsyncConnection, plan: Plan, parts: Parts) -> _Seen:
    """The plan's orders; those booked otherwise than the file has them as they are booked, and what they lack."""
    other = {order.key: order for order in plan.orders if order.key in parts and _differs(order, parts[order.key])}
    wanted = [booked.order_id for key in other for _, booked in parts[key]]
    lines = await history.booked_lines(connection, wanted) if wanted else {}
    orders = [order for order in plan.orders if order.key not in other]
    for key, order in other.items():
        orders += _split(order, [_order(order, part, booked, lines[booked.order_id]) for part, booked in parts[key]])
    return _Seen(orders, bool(other))


def _differs(order: Order, booked: list[tuple[str, BookedOrder]]) -> bool:
    written = ",".join(f"{line.sku}*{line.quantity}*{line.unit_minor}" for line in order.lines)
    digest = md5(written.encode(), usedforsecurity=False).hexdigest()
    return [(order.at, digest)] != [(part.at, part.digest) for _, part in booked]


def _split(order: Order, booked: list[Order]) -> list[Order]:
    there = Counter(line for part in booked for line in part.lines)
    missing = []
    for line in order.lines:
        if there[line]:
            there[line] -= 1
        else:
            missing.append(line)
    if not missing:
        return booked
    return [*booked, replace(order, key=f"{order.key}{FURTHER}{len(booked)}", lines=tuple(missing))]


def _order(like: Order, key: str, booked: BookedOrder, lines: Iterable[BookedLine]) -> Order:
    taken = tuple(Line(line.sku, line.quantity, line.unit_minor) for line in lines)
    return replace(like, key=key, at=booked.at, lines=taken)


async def _before(connection: AsyncConnection, plan: Plan, parts: Parts) -> tuple[list[Order], Gone]:
    """Orders of other files whose customers return something in this one, and what came back of their lines."""
    here = {order.key for order in plan.orders}
    customers = {back.customer.lower(): back.customer for back in plan.returned if back.customer}
    found = [
        (key, booked)
        for invoice, several in parts.items()
        if invoice not in here
        for key, booked in several
        if booked.customer in customers
    ]
    lines = await history.booked_lines(connection, [booked.order_id for _, booked in found]) if found else {}
    before: list[Order] = []
    gone: dict[tuple[str, int], int] = {}
    codes = {back.code for back in plan.returned}
    for key, booked in found:
        held = lines[booked.order_id]
        if any(line.sku in codes for line in held):
            like = Order(key, booked.at, customers[booked.customer], "", ())
            before.append(_order(like, key, booked, held))
            gone |= {(key, number): line.returned for number, line in enumerate(held)}
    return before, gone


async def _not_again(connection: AsyncConnection, plan: Plan, done: Iterable[str]) -> tuple[list[Returned], bool]:
    """The plan's returned rows without the units that other files have returned to orders that are not in this one."""
    here, invoices = {order.key for order in plan.orders}, {back.invoice for back in plan.returned}
    told: dict[UUID, tuple[str, str]] = {}
    for mark in done:
        kind, _, key = mark.partition(":")
        if kind == "return":
            invoice, order, at = key.rsplit(":", 2)
            if invoice in invoices and _invoice(order) not in here:
                moment = datetime.strptime(at, RETURN_TIME).replace(tzinfo=UTC)
                told[ids.derived(moment, plan.source, "return", key)] = invoice, at
    units: Counter[tuple[str, str, str]] = Counter()
    for return_id, by_sku in (await history.booked_returns(connection, list(told)) if told else {}).items():
        units.update({(*told[return_id], sku): quantity for sku, quantity in by_sku.items()})
    return [_less(back, units) for back in plan.returned], bool(told)


def _less(back: Returned, units: Counter[tuple[str, str, str]]) -> Returned:
    place = back.invoice, f"{back.at:{RETURN_TIME}}", back.code
    taken = min(units[place], back.quantity)
    units[place] -= taken
    return replace(back, quantity=back.quantity - taken) if taken else back


def _invoice(key: str) -> str:
    return key.partition(FURTHER)[0]
