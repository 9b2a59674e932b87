"""What is published out of the tables: dashboards, lists, search documents."""

from datetime import timedelta
from uuid import UUID

import msgspec

from streams import views
from streams.analytics.state import dashboards
from streams.events import Envelope
from streams.events.catalog import CategoryUpdated
from streams.events.sellers import SellerUpdated
from streams.progress import Cut
from streams.reading import Place
from streams.recommendations.lists import lists
from streams.reducers import Reducers
from streams.search.documents import SETTINGS, Numbers, document
from tests.streams.facts import START, category, envelope, moved, product, refund, sale, seller, view

OWNER, OTHER = UUID(int=1), UUID(int=2)
POT, CUP = UUID(int=100), UUID(int=200)
KITCHEN = UUID(int=77)


def reduced(*events: Envelope) -> Reducers:
    """The tables after some events, all in one partition."""
    reducers = Reducers()
    for offset, event in enumerate(events):
        reducers.apply(event, Place(event.payload.topic, 0, offset, 0))
    return reducers


def test_a_dashboard_is_today_by_hour_with_its_cut() -> None:
    """17.5: all and each seller, per currency; hours that the marks have passed are final."""
    yesterday = START - timedelta(days=1)
    reducers = reduced(
        sale(OWNER, POT, 1_000, 2), sale(OWNER, POT, 500, 1, at=START + timedelta(hours=1)), sale(OTHER, CUP, 70, 1),
        refund(OWNER, POT, 200, 1, at=START + timedelta(hours=1)), sale(OWNER, POT, 9, 1, at=yesterday),
        sale(OWNER, POT, 5, 1, currency="IDR"),
    )  # fmt: skip
    cut = Cut(complete_to=42, marked_at=START + timedelta(hours=1, minutes=2))
    found = dict(dashboards(reducers.sales, cut, START + timedelta(hours=2)))
    mine, everybodys = found[str(OWNER), "GBP"], found[views.ALL, "GBP"]
    assert (mine.gross_minor, mine.refund_minor, mine.net_minor, mine.orders, mine.units) == (1_500, 200, 1_300, 2, 3)
    assert [(hour.hour, hour.net_minor, hour.final) for hour in mine.hours] == [(8, 1_000, True), (9, 300, False)]
    assert everybodys.net_minor == 1_370
    assert found[views.ALL, "IDR"].net_minor == 5
    assert views.from_hash(views.to_hash(mine)) == mine


def test_a_new_day_begins_at_zero() -> None:
    """R-ANA-7: UTC days."""
    reducers = reduced(sale(OWNER, POT, 1_000, 2))
    ((_, _), (_, tomorrow)) = dashboards(reducers.sales, None, START + timedelta(days=1))
    assert (tomorrow.day, tomorrow.gross_minor, tomorrow.complete_up_to) == ("2026-11-22", 0, None)
    assert views.from_hash(views.to_hash(tomorrow)) == tomorrow
    assert views.from_hash({}) is None


def test_popular_are_net_units_of_thirty_days_by_category_too() -> None:
    """R-REC-1, R-REC-4: old sales and products that cannot be found are left out."""
    reducers = reduced(
        product(POT, OWNER), product(CUP, OWNER, category_ids=(UUID(int=78),)),
        sale(OWNER, POT, 1, 9), refund(OWNER, POT, 1, 4), sale(OWNER, CUP, 1, 6),
        sale(OWNER, CUP, 1, 50, at=START - timedelta(days=31)), view(POT),
    )  # fmt: skip
    made = lists(reducers.products, reducers.catalog, START.timestamp())
    assert made[views.popular_key()] == {str(CUP): 6, str(POT): 5}
    assert made[views.popular_key(KITCHEN)] == {str(POT): 5}
    assert made[views.TRENDING_KEY] == {str(CUP): 60, str(POT): 51}
    reducers.apply(product(CUP, OWNER, 2, status="inactive"), Place("catalog", 0, 9, 0))
    assert str(CUP) not in lists(reducers.products, reducers.catalog, START.timestamp())[views.popular_key()]


def test_a_document_has_every_field_and_follows_stock_and_sales() -> None:
    """14.4, R-SRC-4."""
    reducers = reduced(seller(OWNER), product(POT, OWNER, images=("a.avif",)), moved(POT, 1, 3), sale(OWNER, POT, 1, 4))
    key, units = str(POT), reducers.products.units_sold(str(POT))
    numbers = Numbers(reducers.stock.table.get(key), reducers.ratings.of(key), units)
    made = document(key, reducers.catalog.products.values[key], reducers.catalog, numbers)
    assert (made["id"], made["name"], made["category"], made["in_stock"], made["units_sold"], made["seq"]) == (
        str(POT), "Teapot", ["Kitchen"], True, 4, 1,
    )  # fmt: skip
    assert made["image"] == "a.avif"
    searched = {
        name for key in ("searchableAttributes", "filterableAttributes", "sortableAttributes") for name in SETTINGS[key]
    }
    assert searched <= made.keys()


def test_an_older_product_never_replaces_a_newer_one() -> None:
    """R-SRC-3."""
    reducers = reduced(product(POT, OWNER, 2, title="New"), product(POT, OWNER, 1, title="Old"))
    assert reducers.catalog.products.values[str(POT)].title == "New"


def test_a_suspended_seller_and_a_renamed_category_touch_their_products() -> None:
    """R-SRC-4."""
    reducers = reduced(seller(OWNER), product(POT, OWNER), product(CUP, OTHER))
    reducers.touched.documents.clear()
    first = seller(OWNER).payload
    suspended = msgspec.convert(
        msgspec.to_builtins(first) | {"status": "suspended", "changed": ["status"]}, SellerUpdated
    )
    reducers.apply(envelope(suspended, 2), Place("sellers", 0, 1, 0))
    assert reducers.touched.documents == {str(POT)}
    assert not reducers.catalog.is_found(reducers.catalog.products.values[str(POT)])
    renamed = CategoryUpdated(category_id=KITCHEN, title="Cookware", path=("Cookware",), changed=("title",))
    reducers.apply(envelope(renamed, 2), Place("catalog", 0, 9, 0))
    assert reducers.touched.documents == {str(POT), str(CUP)}
    assert reducers.catalog.path(reducers.catalog.products.values[str(POT)]) == ["Cookware"]


def test_a_moved_category_takes_its_products_along() -> None:
    """R-CAT-4, R-SRC-3: ids and names follow the tree, in documents and in the lists of categories."""
    house, garden, pots = UUID(int=1_000), UUID(int=1_001), UUID(int=1_002)

    def shown(reducers: Reducers) -> tuple[list[str], list[str]]:
        key = str(POT)
        numbers = Numbers(None, reducers.ratings.of(key), 0)
        made = document(key, reducers.catalog.products.values[key], reducers.catalog, numbers)
        return made["category_ids"], made["category"]

    listed = product(POT, OWNER, category=("House", "Pots"), category_ids=(house, pots))
    reducers = reduced(listed, category(house, "House", None), category(garden, "Garden", None))
    assert shown(reducers) == ([str(house), str(pots)], ["House", "Pots"])
    reducers.touched.documents.clear()
    reducers.apply(category(pots, "Pots", garden, 2), Place("catalog", 0, 9, 0))
    assert (reducers.touched.documents, reducers.touched.lists) == ({str(POT)}, True)
    assert shown(reducers) == ([str(garden), str(pots)], ["Garden", "Pots"])
    reducers.touched.documents.clear()
    reducers.apply(category(garden, "Outside", None, 2), Place("catalog", 0, 10, 0))
    assert reducers.touched.documents == {str(POT)}
    assert shown(reducers)[1] == ["Outside", "Pots"]
    reducers.apply(sale(OWNER, POT, 700, 7), Place("ledger", 0, 11, 0))
    popular = lists(reducers.products, reducers.catalog, START.timestamp())
    assert views.popular_key(garden) in popular
    assert views.popular_key(house) not in popular


def test_a_category_stored_without_its_parent_leaves_the_path_to_the_product() -> None:
    """What a worker before this one stored says nothing of the tree."""
    reducers = reduced(product(POT, OWNER))
    reducers.catalog.categories.load({str(KITCHEN): b'{"seq":1,"title":"Cookware"}'}, {str(KITCHEN): 0})
    found = reducers.catalog.products.values[str(POT)]
    assert reducers.catalog.category_ids(found) == (KITCHEN,)
    assert reducers.catalog.path(found) == ["Cookware"]


def test_names_of_keys() -> None:
    """5.5, 16.4, 17.5."""
    assert views.inventory_key(POT) == f"inventory:{POT}"
    assert views.popular_key() == "rec:popular"
    assert views.dashboard_key(views.ALL, "GBP") == "analytics:dashboard:all:GBP"
    assert views.search_index("t01ab.") == "t01ab_products"
