"""Whether an order has ended as it may, on every side: state, goods, money, cart, coupon, parcels, messages, outbox."""

import time
from collections.abc import Iterator
from typing import Any

from tests.promises.stories import STOCK, World

UNITS = 2

_ORDER = "SELECT o.total_minor, c.status AS cart FROM orders o JOIN carts c ON c.id = o.cart_id WHERE o.id = %s"
_STOCK = "SELECT on_hand, reserved FROM inventory WHERE product_id = %s"
_HELD = (
    "SELECT r.status, sum(i.quantity)::int FROM reservations r JOIN reservation_items i ON i.reservation_id = r.id "
    "WHERE i.product_id = %s AND r.status = 'held' GROUP BY 1"
)
_MONEY = (
    "SELECT coalesce(sum(captured_minor), 0)::int, coalesce(sum(refunded_minor), 0)::int, "
    "count(*) FILTER (WHERE status IN ('pending', 'processing', 'refunding')) FROM payments WHERE order_id = %s"
)
_NETWORK = (
    "SELECT coalesce(sum(n.amount_minor) FILTER (WHERE o.kind = 'capture'), 0)::int, "
    "coalesce(sum(n.amount_minor) FILTER (WHERE o.kind = 'refund'), 0)::int FROM payments p "
    "JOIN payment_operations o ON o.payment_id = p.id "
    "JOIN card_network.operations n ON n.idempotency_ref = o.idempotency_ref AND n.outcome = 'succeeded' "
    "WHERE p.order_id = %s"
)
_CLEARING = (
    "SELECT coalesce(sum(l.debit_minor - l.credit_minor), 0)::int FROM journal_lines l "
    "JOIN journal_entries e ON e.id = l.entry_id WHERE e.order_id = %s AND l.account = 'gateway_clearing'"
)
_USED = "SELECT status FROM redemptions WHERE order_id = %s"
_PARCELS = "SELECT array_agg(status ORDER BY status) FROM shipments WHERE order_id = %s"
_TWICE = (
    "SELECT n.type, n.channel FROM notifications n JOIN users u ON u.id = n.user_id WHERE u.email = %s "
    "AND n.data ->> 'order_id' = %s GROUP BY 1, 2 HAVING count(*) > 1"
)
_UNSENT = (
    "SELECT count(*) FROM notifications n JOIN users u ON u.id = n.user_id WHERE u.email = %s AND n.status = 'pending'"
)
_WAITING = "SELECT count(*) FROM outbox"


def becomes_sound(world: World, good: str | None, within: float) -> float:
    """Wait until nothing is wrong; the seconds that took. `good` is the only end that the story may have, if any."""
    began = time.monotonic()
    while wrong := list(_wrong(world, good)):
        assert time.monotonic() - began < within, wrong
        time.sleep(0.1)
    return time.monotonic() - began


def _wrong(world: World, good: str | None) -> Iterator[str]:
    order = world.order()
    if order is None:
        yield from _as_before(world)
    elif order[1] == "cancelled":
        yield from _all_given_back(world, order[0])
    elif order[1] in ("processing", "shipped", "delivered"):
        yield from _sold(world, order[0])
    else:
        yield f"the order is {order[1]}"
    if good and order and order[1] != good:
        yield f"the order is {order[1]}, not {good}"
    yield from _differs("hold", _row(world, _HELD, world.product), None)
    yield from _differs("outbox", _row(world, _WAITING), (0,))


def _as_before(world: World) -> Iterator[str]:
    """Nothing was ordered: the cart is whole, nothing is held (R-ORD-2)."""
    cart = world.buyer.get("/cart").raise_for_status().json()
    is_now = ([line["quantity"] for line in cart["items"]], bool(cart["coupon"]))
    yield from _differs("cart", is_now, ([UNITS], world.has_coupon))
    yield from _differs("stock", _row(world, _STOCK, world.product), (STOCK, 0))


def _sold(world: World, order_id: str) -> Iterator[str]:
    """Paid once, delivered from stock once, with one parcel, one use of the coupon and one message of a kind."""
    total, cart = _row(world, _ORDER, order_id)
    yield from _differs("money", _row(world, _MONEY, order_id), (total, 0, 0))
    yield from _differs("card network", _row(world, _NETWORK, order_id), (total, 0))
    yield from _differs("books", _row(world, _CLEARING, order_id), (total,))
    yield from _differs("stock", _row(world, _STOCK, world.product), (STOCK - UNITS, 0))
    yield from _differs("cart", cart, "converted")
    yield from _differs("coupon", _row(world, _USED, order_id), _used(world, "redeemed"))
    parcels = _row(world, _PARCELS, order_id)[0]
    yield from _differs("parcels", len(parcels or ()), 1)
    yield from _messages(world, order_id)


def _all_given_back(world: World, order_id: str) -> Iterator[str]:
    """No money kept, no unit held, no parcel on its way, the coupon free unless the order had stood."""
    captured, refunded, undecided = _row(world, _MONEY, order_id)
    yield from _differs("undecided payments", undecided, 0)
    yield from _differs("money", captured, refunded)
    yield from _differs("card network", _row(world, _NETWORK, order_id), (captured, refunded))
    yield from _differs("books", _row(world, _CLEARING, order_id), (0,))
    gone = world.db.execute(
        "SELECT true FROM orders WHERE id = %s AND cancellation_reason = 'stock_unavailable'", [order_id]
    )
    yield from _differs("stock", _row(world, _STOCK, world.product), (0, 0) if gone.fetchone() else (STOCK, 0))
    stood = world.db.execute("SELECT confirmed_at FROM orders WHERE id = %s", [order_id]).fetchone() != (None,)
    yield from _differs("cart", _row(world, _ORDER, order_id)[1], "converted" if stood else "active")
    yield from _differs("coupon", _row(world, _USED, order_id), _used(world, "redeemed" if stood else "released"))
    parcels = _row(world, _PARCELS, order_id)[0]
    yield from _differs("parcels", set(parcels or ()) - {"cancelled"}, set())
    yield from _messages(world, order_id)


def _messages(world: World, order_id: str) -> Iterator[str]:
    person = world.buyer.headers["X-Person"]
    yield from _differs("message told twice", _row(world, _TWICE, person, order_id), None)
    yield from _differs("messages that wait", _row(world, _UNSENT, person), (0,))


def _used(world: World, status: str) -> tuple[str] | None:
    return (status,) if world.has_coupon else None


def _row(world: World, query: str, *values: str) -> Any:
    return world.db.execute(query, values).fetchone()


def _differs(what: str, is_now: object, must: object) -> Iterator[str]:
    if is_now != must:
        yield f"{what}: {is_now}, not {must}"
