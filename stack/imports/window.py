"""The newest days of a plan, moved in whole weeks or days so that they end now: what the demo shows."""

import dataclasses
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from stack.imports.plan import Listing, Order, Plan

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def newest(plan: Plan, days: int) -> Plan:
    """The plan of the last `days` days of orders and returns alone, as if only their rows had been read.

    Returns of older orders find no line; products that are not sold in these days are not listed. The counts of rows,
    skipped rows and unmatched units stay those of the whole file.
    """
    if plan.until is None:
        return plan
    first = _midnight(plan.until) - (days - 1) * DAY
    orders = [order for order in plan.orders if order.at >= first]
    keys = {order.key for order in orders}
    accounts: dict[str, datetime] = {}
    for order in orders:
        accounts.setdefault(order.customer, order.at)
    return dataclasses.replace(
        plan,
        orders=orders,
        returns=[back for back in plan.returns if back.order in keys],
        returned=[back for back in plan.returned if back.at >= first],
        accounts=accounts,
        listings=_sold(plan.listings, orders),
    )


def moved(plan: Plan, by: timedelta) -> Plan:
    """The plan with everything in it `by` later."""
    return dataclasses.replace(
        plan,
        orders=[replace(order, at=order.at + by) for order in plan.orders],
        returns=[replace(back, at=back.at + by) for back in plan.returns],
        returned=[replace(back, at=back.at + by) for back in plan.returned],
        accounts={name: at + by for name, at in plan.accounts.items()},
        until=plan.until + by if plan.until else None,
    )


def steps_to(now: datetime, end: datetime, step: timedelta) -> timedelta:
    """As many whole steps as end no later than now: of weeks, so that weekdays stay weekdays."""
    return (now - end) // step * step


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _sold(listings: Iterable[Listing], orders: Iterable[Order]) -> list[Listing]:
    units: dict[str, int] = {}
    for order in orders:
        for line in order.lines:
            units[line.sku] = units.get(line.sku, 0) + line.quantity
    return [replace(item, sold=units[item.sku]) for item in listings if item.sku in units]
