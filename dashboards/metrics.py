"""Every number the pages show, defined once: its name, what it is in a sentence, its unit, and the query behind it."""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["money", "count", "share", "ms", "seconds"]
Good = Literal["up", "down", "neither"]


@dataclass(frozen=True)
class Metric:
    """One number. `source` is a file under `clickhouse/queries`."""

    name: str
    unit: Unit
    good: Good
    source: str
    sentence: str

    @property
    def help(self) -> str:
        """What stands behind the question mark of its tile."""
        return f"{self.sentence}\n\nSource: `clickhouse/queries/{self.source}.sql`"


BOOKS, FUNNEL, RECENT = "frame/period", "today/funnel", "pulse/recent"

METRICS = {
    "gross": Metric(
        "Gross sales", "money", "up", BOOKS, "Paid sales at their price before discounts, with tax, without shipping."
    ),
    "discount": Metric("Discounts", "money", "neither", BOOKS, "What your discounts took off paid sales."),
    "refund": Metric(
        "Refunds", "money", "down", BOOKS, "Money given back for goods, with its tax, on the day it was given back."
    ),
    "net": Metric(
        "Net sales", "money", "up", BOOKS,
        "Gross sales less discounts, refunds and tax. The core's ledger says the same, to the cent.",
    ),
    "tax": Metric("Tax", "money", "neither", BOOKS, "Tax contained in paid sales, less the tax of refunds."),
    "shipping": Metric(
        "Shipping", "money", "neither", BOOKS, "What buyers and the platform paid for sending, less what went back."
    ),
    "orders": Metric(
        "Orders", "count", "up", BOOKS, "Paid orders with at least one of your products, each counted once."
    ),
    "average": Metric("Average order", "money", "up", BOOKS, "Gross sales less discounts, divided by orders."),
    "units": Metric(
        "Units sold", "count", "up", BOOKS, "Pieces in paid orders; pieces that come back later stay counted here."
    ),
    "conversion": Metric(
        "Orders per 100 views", "share", "up", FUNNEL,
        "Orders of a product for each 100 times its page was opened, over all your products.",
    ),
    "orders_minute": Metric(
        "Orders a minute", "count", "up", "pulse/orders", "Orders placed, mean of the last five full minutes."
    ),
    "events_minute": Metric(
        "Events a minute", "count", "up", RECENT, "Events landed in ClickHouse, mean of the last five full minutes."
    ),
    "delay_half": Metric(
        "Delay, median", "ms", "down", RECENT,
        "From an event's record in the core to its row here: half of the last five minutes' events took at most this.",
    ),
    "delay_most": Metric(
        "Delay, p99", "ms", "down", RECENT,
        "From an event's record in the core to its row here: 99 of 100 of the last five minutes took at most this.",
    ),
    "letters": Metric(
        "Dead letters", "count", "down", "pulse/letters",
        "Lines of the log that could not be read or handled in the last 24 hours.",
    ),
    "mark_age": Metric(
        "Data age", "seconds", "down", "frame/freshness",
        "Age of the oldest progress mark: everything recorded before it is on these pages. Compare it with 10 s.",
    ),
}  # fmt: skip
