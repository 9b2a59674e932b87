"""The worker on real servers: from the log to tables, signals and read models, across kills."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from redis import Redis

from streams import views
from streams.dead_letters import Post, Refused
from streams.events.codec import decode_line, encode
from streams.events.partitions import partition_of
from tests.streams.facts import Log, category, moved, product, rating, refund, sale, seller, view
from tests.streams.process import WorkerProcess, eventually
from tests.streams.topics import bodies

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def worker(
    env: dict[str, str], kafka_bootstrap: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkerProcess]:
    """A running worker."""
    process = WorkerProcess(env, tmp_path_factory.mktemp("worker") / "log")
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def log(env: dict[str, str], kafka_bootstrap: str) -> Iterator[Log]:
    """The log, as its writers see it."""
    found = Log(kafka_bootstrap, env["ATLANTIC_TOPIC_PREFIX"])
    yield found
    found.close()


@pytest.fixture(scope="module")
def redis(redis_url: str) -> Iterator[Any]:
    """This module's Redis."""
    with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def signal_lines(env: dict[str, str], kafka_bootstrap: str) -> Callable[[], list[bytes]]:
    """Reads everything that stands in the signal topic."""
    return lambda: bodies(kafka_bootstrap, env["ATLANTIC_TOPIC_PREFIX"] + "signals")


def cut(worker: WorkerProcess, log: Log) -> int:
    """Write marks and wait until the worker has passed them."""
    complete_to = log.cut(datetime.now(UTC))
    eventually(lambda: worker.complete_to() >= complete_to)
    return complete_to


def test_it_leaves_nothing_where_it_was_started(worker: WorkerProcess) -> None:
    """Its tables stand in the log alone; Faust makes folders in the current one, wherever that is."""
    assert worker.health()["status"] == "ok"
    assert list(worker.folder.iterdir()) == []


def test_a_shop_in_tables_read_models_and_search(
    worker: WorkerProcess, log: Log, redis: Any, env: dict[str, str], meili: tuple[str, str]
) -> None:
    """R-INV-12, R-REC-1, R-ANA-1, R-SRC-2, R-SRC-4; how far it has read is measured (R-OBS-3)."""
    owner, item = uuid4(), uuid4()
    gone, category = uuid4(), uuid4()
    log.publish([seller(owner), product(item, owner, title="Cafetière", category_ids=(category,))])
    log.publish([product(gone, owner, title="Cafetière old", status="inactive")])
    log.publish([moved(item, 1, 9), moved(item, 2, 7, 1), view(item, at=NOW)])
    log.publish([sale(owner, item, 2_500, 2, at=NOW, tax=100), refund(owner, item, 1_000, 1, at=NOW)])
    complete_to = cut(worker, log)
    measured = worker.measured()
    assert measured["worker_complete_to"] >= complete_to
    assert 0 < measured["worker_seconds_behind"] < worker.measured()["worker_seconds_behind"]

    level = worker.ask(f"/tables/stock_levels/{item}")["value"]
    assert (level["on_hand"], level["reserved"], level["available"]) == (7, 1, 6)
    eventually(lambda: redis.get(views.inventory_key(item)) == "6")
    log.publish([product(item, owner, 2, title="Cafetière", category_ids=(category,))])
    eventually(lambda: redis.get(views.product_version_key(item)) == "2")
    eventually(lambda: redis.zscore(views.popular_key(category), str(item)) == 1)
    eventually(lambda: views.Published.read(redis.get(views.LISTS_CUT_KEY) or "0 2000-01-01").tx >= complete_to)
    eventually(lambda: int(redis.hget(views.dashboard_key(owner, "GBP"), "complete_up_to") or 0) >= complete_to)
    today = views.from_hash(redis.hgetall(views.dashboard_key(owner, "GBP")))
    assert today is not None
    assert (today.gross_minor, today.refund_minor, today.tax_minor, today.net_minor) == (2_500, 1_000, 100, 1_400)
    assert (today.units, today.units_returned, today.orders) == (2, 1, 1)
    eventually(lambda: views.Published.read(redis.get(views.DAYS_CUT_KEY) or "0 2000-01-01").tx >= complete_to)
    day = views.DaySales.read(redis.get(views.day_key(owner, "GBP", NOW.date())))
    assert (day.day.net_minor, day.hours[NOW.hour]) == (1_400, day.day)

    eventually_found(meili, env, "cafetire", {"id": str(item), "name": "Cafetière", "in_stock": True, "units_sold": 1})
    log.publish([moved(item, 3, 1, 1)])
    eventually_found(meili, env, "cafetiere", {"id": str(item), "in_stock": False})


def test_a_moved_category_is_found_where_it_stands(
    worker: WorkerProcess, log: Log, env: dict[str, str], meili: tuple[str, str]
) -> None:
    """R-CAT-4, R-SRC-3: the products below it are found there, though nothing was told of them."""
    owner, item, house, garden, pots = (uuid4() for _ in range(5))

    names: dict[str, Any] = {"category": ("House", "Pots"), "category_ids": (house, pots), "category_id": pots}
    log.publish([category(house, "House", None), category(garden, "Garden", None), category(pots, "Pots", house)])
    log.publish([seller(owner), product(item, owner, title="Terracotta", **names)])
    eventually_found(meili, env, "terracotta", {"category_ids": [str(house), str(pots)], "category": ["House", "Pots"]})
    log.publish([category(pots, "Pots", garden, 2)])
    eventually_found(
        meili, env, "terracotta", {"category_ids": [str(garden), str(pots)], "category": ["Garden", "Pots"]}
    )


def eventually_found(meili: tuple[str, str], env: dict[str, str], words: str, wanted: dict[str, Any]) -> None:
    """Wait until a search finds one product, and that as wanted: stock and sales reach it after its text."""
    index = views.search_index(env["ATLANTIC_TOPIC_PREFIX"])

    def look() -> bool:
        answer = httpx2.post(
            f"{meili[0]}/indexes/{index}/search", json={"q": words},
            headers={"Authorization": f"Bearer {meili[1]}"}, trust_env=False,
        )  # fmt: skip
        hits = answer.json().get("hits", [])
        return [{field: hit[field] for field in wanted} for hit in hits] == [wanted]

    eventually(look, within=90)


def test_what_cannot_be_read_is_set_aside_and_replayed_at_most_once(
    worker: WorkerProcess, log: Log, env: dict[str, str], kafka_bootstrap: str
) -> None:
    """R-EVT-10: the message's other lines count; a line that others could read is not counted again by the worker."""
    owner, item = uuid4(), uuid4()
    good = sale(owner, item, 700, 1, at=NOW)
    partition = partition_of(good.aggregate_id)
    bad = encode(good).replace(b"journal.posted", b"journal.unknown")
    log.raw("ledger", partition, b"\n".join([bad, encode(good), b"{"]))
    log.flush()
    cut(worker, log)
    post = Post(kafka_bootstrap, env["ATLANTIC_TOPIC_PREFIX"])
    eventually(lambda: len([x for x in post.letters() if x.topic == "ledger"]) == 2)
    unknown, broken = [letter for letter in post.letters() if letter.topic == "ledger"]
    assert "journal.unknown" in unknown.reason
    assert (broken.line, broken.line_no, broken.consumer) == ("{", 2, "worker")
    with pytest.raises(Refused, match="unknown event"):
        post.replay(unknown)
    fine = unknown.__class__(**{f: getattr(unknown, f) for f in unknown.__struct_fields__} | {"line_no": 1})
    post.replay(fine)
    cut(worker, log)
    assert earned(worker, owner) == 700


def earned(worker: WorkerProcess, owner: UUID) -> int:
    """Gross of a seller in the table of days."""
    days = worker.values("seller_earnings")
    return sum(value["gross_minor"] for key, value in days.items() if str(owner) in key)


def test_kills_lose_nothing_and_double_nothing(
    worker: WorkerProcess, log: Log, redis: Any, signal_lines: Callable[[], list[bytes]]
) -> None:
    """R-EVT-12, R-ANA-4: tables, signals and read models are exact after kill -9; back within 15 s, idle machine."""
    draw = random.Random(7)
    owner, items = uuid4(), [uuid4() for _ in range(40)]
    log.publish([seller(owner), *(product(item, owner) for item in items)])
    seq, gross = dict.fromkeys(items, 0), 0
    falls: list[UUID] = []
    was: dict[UUID, int] = {}
    for round_ in range(3):
        for _ in range(20):
            batch = []
            for item in draw.choices(items, k=50):
                seq[item] += 1
                available = draw.choice((0, 3, 50))
                movement = moved(item, seq[item], available, seller_id=owner, at=NOW + timedelta(seconds=seq[item]))
                if was.get(item, 0) > 5 >= available:
                    falls.append(movement.event_id)
                was[item] = available
                batch += [movement, sale(owner, item, 11, 1, at=NOW)]
                gross += 11
            log.publish(batch)
        if round_ < 2:
            worker.kill()
            worker.start()
    cut(worker, log)

    assert earned(worker, owner) == gross
    levels = worker.values("stock_levels")
    assert {item: levels[str(item)]["available"] for item in items} == was
    eventually(lambda: {item: int(redis.get(views.inventory_key(item)) or -1) for item in items} == was)

    def low() -> list[str]:
        """What was signalled: tables answer from memory, signals stand in the log with the next flush."""
        signals = [decode_line(line) for line in signal_lines()]
        return [str(s.causation_id) for s in signals if s.event == "stock.ran_low" and s.aggregate_id in was]

    eventually(lambda: len(low()) >= len(falls))
    assert sorted(low()) == sorted(map(str, falls))


def test_what_stands_in_the_log_twice_counts_once(worker: WorkerProcess, log: Log) -> None:
    """R-EVT-12: a producer that was not sure writes again; also when the worker has died in between."""
    owner, item = uuid4(), uuid4()
    click, sold = view(item, at=NOW), sale(owner, item, 500, 1, at=NOW)
    log.publish([click, sold])
    log.publish([click, sold])
    cut(worker, log)
    worker.kill()
    worker.start()
    log.publish([click, sold])
    log.publish([view(item, at=NOW)])

    def seen() -> int:
        return sum(sum(row["hours_viewed"].values()) for row in activity(worker, item))

    eventually(lambda: seen() >= 2)
    cut(worker, log)
    assert seen() == 2
    assert (sum(row["units"] for row in activity(worker, item)), earned(worker, owner)) == (1, 500)


def test_a_rating_reaches_the_document_and_the_page_once(
    worker: WorkerProcess, log: Log, redis: Any, env: dict[str, str], meili: tuple[str, str]
) -> None:
    """R-REV-3, R-SRC-2: read again after a kill, and written twice."""
    owner, item, reviews = uuid4(), uuid4(), [uuid4() for _ in range(6)]
    word = f"samovar{item.hex[-6:]}"
    first = rating(item, reviews[0], 1, after=5)
    log.publish([seller(owner), product(item, owner, title=word), moved(item, 1, 9)])
    log.publish([first, *(rating(item, review, 1, after=4) for review in reviews[1:])])
    eventually_found(meili, env, word, {"id": str(item), "rating_average": 4.17, "rating_count": 6})
    eventually(lambda: redis.get(views.rating_key(item)) == "4.17:6")
    worker.kill()
    log.publish([first, rating(item, reviews[1], 2, before=4, after=1), rating(item, reviews[2], 2, before=4)])
    worker.start()
    eventually_found(meili, env, word, {"id": str(item), "rating_average": 3.6, "rating_count": 5, "in_stock": True})
    eventually(lambda: redis.get(views.rating_key(item)) == "3.60:5")


def activity(worker: WorkerProcess, item: UUID) -> list[dict[str, Any]]:
    """Rows of a product's activity, one a partition."""
    return [value for key, value in worker.values("trending").items() if key.endswith(str(item))]
