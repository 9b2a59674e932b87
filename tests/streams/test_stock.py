"""Stock levels and their signals."""

from datetime import timedelta
from uuid import UUID

from streams.events import Envelope
from streams.events.signals import StockRanLow
from streams.inventory.state import Stock
from streams.reading import Place
from tests.streams.facts import START, moved

ITEM = UUID(int=500)


def walk(stock: Stock, *available: int, threshold: int = 5, first: int = 1) -> list[list[str]]:
    """Names of the signals after each movement to a number of available units."""
    return [
        [signal.event for signal in stock.apply(moved(ITEM, seq, units), Place("inventory", 0, seq, 0), threshold)]
        for seq, units in enumerate(available, first)
    ]


def test_each_line_is_crossed_once() -> None:
    """R-INV-10: low at the threshold, once until above; out at 0; back when it leaves 0."""
    low, out, back = "stock.ran_low", "stock.ran_out", "stock.came_back"
    found = walk(Stock(), 10, 6, 5, 4, 6, 5, 0, 0, 3, 8, 0)
    assert found == [[], [], [low], [], [], [low], [out], [], [back], [], [low, out]]


def test_a_product_that_begins_without_stock_has_lost_nothing() -> None:
    """R-INV-10: nothing fell; leaving 0 is told."""
    assert walk(Stock(), 0, 2) == [[], ["stock.came_back"]]


def test_a_repeated_or_older_movement_says_nothing() -> None:
    """R-EVT-7, R-EVT-12."""
    stock = Stock()
    walk(stock, 10, 4)
    assert walk(stock, 10, 4) == [[], []]
    assert stock.table.values[str(ITEM)].available == 4


def test_the_same_movement_gives_the_same_signal() -> None:
    """R-EVT-12: a second try after a crash is the same event."""
    fall = moved(ITEM, 2, 3)
    twice: list[Envelope] = []
    for _ in range(2):
        stock = Stock()
        walk(stock, 10)
        twice += stock.apply(fall, Place("inventory", 0, 1, 0), 5)
    assert twice[0] == twice[1]
    assert twice[0].causation_id == fall.event_id
    assert twice[0].event_id.version == 7


def test_low_when_the_stock_lasts_less_than_a_week() -> None:
    """R-INV-10: available / mean daily units of 28 days."""
    stock = Stock()
    signals: list[Envelope] = []
    for seq, (on_hand, sold) in enumerate([(1_000, 0), (700, 300), (180, 520), (170, 10)], 1):
        at = START + timedelta(days=seq)
        event = moved(ITEM, seq, on_hand, kind="deducted" if sold else "received", on_hand_delta=-sold, at=at)
        signals += stock.apply(event, Place("inventory", 0, seq, 0), 5)
    (signal,) = signals
    assert isinstance(signal.payload, StockRanLow)
    assert signal.payload.days_left == round(180 * 28 / 820, 2)


def test_rows_of_a_product_add_up() -> None:
    """R-INV-3: a product in buckets."""
    stock = Stock()
    for row, units in ((1, 3), (2, 4)):
        event = moved(ITEM, 1, units, 1, inventory_id=UUID(int=row), bucket=row)
        stock.apply(event, Place("inventory", 0, row, 0), 5)
    level = stock.table.values[str(ITEM)]
    assert (level.on_hand, level.reserved, level.available) == (7, 2, 5)
