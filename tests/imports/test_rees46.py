"""The REES46 plan: each row is a click, a purchase or a skipped row with its reason."""

import csv
import gzip
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path
from zlib import crc32

from stack.home import CHECKOUT
from stack.imports import rees46
from stack.imports.sessions import session_id

SHIPPED = CHECKOUT / "data" / "rees46_2019_10_01.csv.gz"
HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
VIEW = (
    "2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,"
    "35.79,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c"
)


def shipped_rows() -> list[dict[str, str]]:
    with gzip.open(SHIPPED, "rt", newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_file_is_taken_whole() -> None:
    plan, rows = rees46.plan(SHIPPED), shipped_rows()
    bought = [row for row in rows if row["event_type"] == "purchase"]
    assert plan.totals()["gross_minor"] == sum(int(Decimal(row["price"]) * 100) for row in bought)
    assert (len(plan.orders), plan.clicks, plan.rows, plan.skipped) == (214, 17_220, 17_434, {})
    sellers = {item.sku: item.seller for item in plan.listings}
    for row in rows:
        assert sellers[f"rees46-{row['product_id']}"] == 12 + crc32((row["brand"] or "unbranded").encode()) % 8


def test_clicks_keep_their_time_and_equal_rows_stay_apart() -> None:
    clicks, rows = list(rees46.clicks(SHIPPED)), [r for r in shipped_rows() if r["event_type"] != "purchase"]
    assert [f"{click.at:%Y-%m-%d %H:%M:%S} UTC" for click in clicks] == [row["event_time"] for row in rows]
    assert [click.session for click in clicks] == [row["user_session"] for row in rows]
    assert len({click.key for click in clicks}) == len(clicks) > len({tuple(row.items()) for row in rows})
    kinds = Counter(rees46.CLICKS[click.kind] for click in clicks)
    assert kinds == {"Product Viewed": 17_055, "Product Added": 165}


def test_any_column_order_gives_the_same_plan(tmp_path: Path) -> None:
    rows, names = shipped_rows()[:3_000], HEADER.split(",")
    random.Random(5).shuffle(names)
    for name, columns in (("a.csv", HEADER.split(",")), ("b.csv", names)):
        with (tmp_path / name).open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)
    one, two = rees46.plan(tmp_path / "a.csv"), rees46.plan(tmp_path / "b.csv")
    assert (one.orders, one.listings, one.accounts) == (two.orders, two.listings, two.accounts)
    assert one.fingerprint() == two.fingerprint()
    assert [c.key for c in rees46.clicks(tmp_path / "a.csv")] == [c.key for c in rees46.clicks(tmp_path / "b.csv")]


def test_rows_that_cannot_be_taken_are_counted_by_reason(tmp_path: Path) -> None:
    free = VIEW.replace("view", "purchase").replace("35.79", "0.00")
    broken = [
        VIEW.rpartition(",")[0],
        VIEW + ",more",
        VIEW.replace("view", "wish"),
        VIEW.replace("541312140", ""),
        VIEW.replace("35.79", "free"),
        VIEW.replace("2019-10-01", "2019-13-01"),
        VIEW.replace("35.79", "99999999999999"),
        VIEW.replace("541312140", "5" * 41),
        free,
    ]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join([HEADER, VIEW, *broken, VIEW]) + "\n" + VIEW[:60])
    plan = rees46.plan(path)
    assert plan.clicks == 2
    assert plan.skipped == {
        "fewer columns than the header": 2,
        "more columns than the header": 1,
        "event type 'wish' is neither view, cart nor purchase": 1,
        "product, user or session is empty": 1,
        "price is no number": 1,
        "date cannot be read": 1,
        "price is beyond 10,000,000": 1,
        "product, user or session is longer than 40 letters": 1,
        "price of a purchase is not above 0": 1,
    }


def test_products_carry_brand_and_category_and_a_session_need_not_be_a_uuid(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    coded = VIEW.replace(",,shiseido", ",appliances.kitchen.coffee_machine,").replace("35.79", "0.00")
    path.write_text(f"{HEADER}\n{coded}\n")
    (listing,) = rees46.plan(path).listings
    assert listing.category == ("Appliances", "Kitchen", "Coffee machine")
    assert (listing.brand, listing.price_minor, listing.seller) == (None, None, 12 + crc32(b"unbranded") % 8)
    assert session_id("a visit") == session_id("a visit") != session_id("another")
    assert session_id("a visit").version == 7
