"""What people are told of that the stream side noticed (requirements 13.5)."""

from contextlib import closing
from datetime import date
from typing import Any
from uuid import UUID

import httpx2

from api import ids
from streams.events.signals import CartAbandoned, CartRecovered, PriceDoubted, ShipmentLate
from tests import shop
from tests.api.notifications.conftest import Db, Happened, messages, user_of


def left_alone(client: httpx2.Client, db: Db, *, consents: bool = True) -> UUID:
    """A cart that the core has marked as abandoned; its id."""
    db.execute("UPDATE users SET marketing_consent = %s WHERE id = %s", [consents, user_of(client)])
    cart = client.get("/cart").json()
    db.execute("UPDATE carts SET status = 'abandoned' WHERE id = %s", [cart["id"]])
    return UUID(cart["id"])


def abandoned(cart_id: UUID, user: UUID) -> CartAbandoned:
    """The signal."""
    return CartAbandoned(
        cart_id=cart_id, user_id=user, lines=1, value_minor=2400, currency="GBP", idle_since=ids.now(),
        due_at=ids.now(), triggered_by=(ids.new(),),
    )  # fmt: skip


def recovered(cart_id: UUID, user: UUID) -> CartRecovered:
    """The signal."""
    return CartRecovered(cart_id=cart_id, user_id=user, after_s=9, due_at=ids.now(), triggered_by=(ids.new(),))


def test_who_agreed_is_reminded_once(reader: httpx2.Client, product: str, db: Db, happened: Happened) -> None:
    """R-CRT-3, 13.5: by e-mail, with what is in the cart, and with a link that ends it."""
    shop.put_in_cart(reader, product, 2)
    cart_id, user = left_alone(reader, db), user_of(reader)
    cause = happened(abandoned(cart_id, user))
    happened(abandoned(cart_id, user), cause)
    (mail,) = messages(db, user)
    assert (mail["type"], mail["channel"], mail["status"]) == ("cart_reminder", "email", "pending")
    assert "Teapot: £24.00" in mail["content"]


def test_nobody_else_is(reader: httpx2.Client, product: str, db: Db, happened: Happened) -> None:
    """R-CRT-3: without consent; who switched it off; a cart that was changed since; one that nobody could buy."""
    shop.put_in_cart(reader, product, 1)
    user, cart_id = user_of(reader), left_alone(reader, db, consents=False)
    happened(abandoned(cart_id, user))
    off = {"items": [{"type": "cart_reminder", "channel": "email", "enabled": False}]}
    reader.put("/notifications/preferences", json=off).raise_for_status()
    happened(abandoned(left_alone(reader, db), user))
    off["items"][0]["enabled"] = True
    reader.put("/notifications/preferences", json=off).raise_for_status()
    shop.put_in_cart(reader, product, 1)
    happened(abandoned(cart_id, user))
    left_alone(reader, db)
    db.execute("UPDATE products SET status = 'inactive' WHERE id = %s", [product])
    happened(abandoned(cart_id, user))
    assert messages(db, user) == []


def test_who_takes_the_cart_up_is_not_reminded(
    reader: httpx2.Client, api: str, product: str, db: Db, happened: Happened
) -> None:
    """R-CRT-3, R-NOT-6: what has not left is withdrawn, that of another cart is not."""
    with closing(shop.account(api)) as other:
        carts: dict[UUID, UUID] = {}
        for client in (reader, other):
            shop.put_in_cart(client, product, 1)
            carts[user_of(client)] = left_alone(client, db)
        for user, cart_id in carts.items():
            happened(abandoned(cart_id, user))
        happened(recovered(carts[user_of(reader)], user_of(reader)))
        assert [messages(db, user)[0]["status"] for user in carts] == ["withdrawn", "pending"]


def doubted(product: str, seller: httpx2.Client, before: int, after: int) -> PriceDoubted:
    """The signal."""
    return PriceDoubted(
        product_id=UUID(product), seller_id=UUID(seller.headers["X-Seller"]), price_before_minor=before,
        price_after_minor=after, currency="GBP", ratio=after / before, due_at=ids.now(), triggered_by=(ids.new(),),
    )  # fmt: skip


def test_a_price_that_may_be_mistyped_is_told_to_its_seller(
    seller: httpx2.Client, product: str, db: Db, happened: Happened
) -> None:
    """R-CAT-6: the change stands; once it is mended nobody is told of it any more."""
    db.execute("DELETE FROM notifications")
    seller.patch(f"/products/{product}", json={"price_minor": 120}).raise_for_status()
    happened(doubted(product, seller, 1200, 120))
    mail, inbox = messages(db, user_of(seller))
    assert "from £12.00 to £1.20" in inbox["content"]
    assert (mail["channel"], mail["status"]) == ("email", "pending")
    seller.patch(f"/products/{product}", json={"price_minor": 1200}).raise_for_status()
    happened(doubted(product, seller, 1200, 120))
    assert [row["status"] for row in messages(db, user_of(seller))] == ["withdrawn", "sent"]


def test_a_late_parcel_is_told_to_both_sides(
    reader: httpx2.Client, seller: httpx2.Client, order: UUID, db: Db, happened: Happened
) -> None:
    """R-SHP-8, 13.5: in their inboxes; not when it has arrived meanwhile."""
    db.execute("DELETE FROM notifications")
    owner, parcel = UUID(seller.headers["X-Seller"]), ids.new()
    db.execute(
        "INSERT INTO shipments (id, order_id, seller_id, destination_address, currency) "
        "VALUES (%s, %s, %s, '{}', 'GBP')",
        [parcel, order, owner],
    )
    late: dict[str, Any] = {
        "shipment_id": parcel, "order_id": order, "seller_id": owner, "carrier": "UPS",
        "estimated_delivery": date(2026, 11, 24), "due_at": ids.now(), "triggered_by": (ids.new(),),
    }  # fmt: skip
    happened(ShipmentLate(**late))
    told = {person: messages(db, user_of(client)) for person, client in (("shopper", reader), ("seller", seller))}
    assert [(row["template"], row["channel"]) for row in told["shopper"]] == [("shipment_late", "in_app")]
    assert [(row["template"], row["channel"]) for row in told["seller"]] == [("shipment_late_seller", "in_app")]
    db.execute("UPDATE shipments SET status = 'delivered' WHERE id = %s", [parcel])
    happened(ShipmentLate(**late))
    assert len(messages(db, user_of(reader))) == 1
