"""What an importer tells of an order is kept with the order (E-ORD-12)."""

from contextlib import closing
from pathlib import Path

import msgspec

from api.relay.store import Store
from api.timeline.packing import unpack
from tests.imports.test_booking import HEADER, ROWS, import_file

OTHERS = {
    "category.created",
    "product.created",
    "seller.created",
    "seller.updated",
    "stock.moved",
    "user.created",
    "user.updated",
}
"""What an import tells besides: of accounts and of what is listed, with its first stock."""


def test_an_imported_order_has_all_its_facts(pg: str, tmp_path: Path) -> None:
    """Placed, paid, sent and sent back: whatever the item of the file told is kept with one order or the next."""
    (tmp_path / "rows.csv").write_text(f"{HEADER}\n{ROWS}")
    import_file(tmp_path / "rows.csv", "told")
    with closing(Store(pg)) as store:
        told = store.fetch(20_000)
        kept = store.kept(told)
    facts = {fact["event_id"]: fact for row in told for fact in [msgspec.json.decode(row.line)]}
    orders = {msgspec.json.decode(line)["event_id"]: each.order_id for each in kept for line in unpack(each.lines)}
    assert len(orders) == sum(len(unpack(each.lines)) for each in kept)
    assert {fact["event"] for event_id, fact in facts.items() if event_id not in orders} <= OTHERS
    first = {orders.get(event_id) for event_id, fact in facts.items() if fact["correlation_id"] == "import:told:500001"}
    (created,) = [f for f in facts.values() if f["event"] == "order.created" and f["correlation_id"].endswith("500001")]
    assert first == {created["aggregate_id"]}
    restocked = [f for f in facts.values() if f["event"] == "stock.moved" and f["payload"]["cause_type"] == "return"]
    assert restocked
    assert all(orders.get(fact["event_id"]) for fact in restocked)
