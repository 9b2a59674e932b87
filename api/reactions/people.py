"""What follows for products, accounts and shops, and who is told."""

from sqlalchemy.ext.asyncio import AsyncConnection

from api.carts import service as carts
from api.catalog import service as catalog
from api.complaints import erasure as erase_complaints
from api.keys import service as keys
from api.notifications import service as notifications
from api.orders import erasure as erase_orders
from api.payments import erasure as erase_refunds
from api.reviews import service as reviews
from api.sellers import service as sellers
from api.shipping import erasure as erase_parcels
from api.webhooks import service as webhooks
from streams.events import Event
from streams.events.reviews import RatingAdded, RatingDeleted, RatingUpdated
from streams.events.sellers import SellerUpdated
from streams.events.signals import CartAbandoned, CartRecovered
from streams.events.users import UserErased, UserUpdated


def may_lose_its_seller(fact: Event) -> bool:
    """Whether an account may have become one that no shop can be answered for by; of most changes that is plain."""
    if not isinstance(fact, UserUpdated) or {"roles", "status"}.isdisjoint(fact.changed):
        return False
    return "seller" not in fact.roles or fact.status == "disabled"


async def suspend_lonely_shop(conn: AsyncConnection, fact: UserUpdated) -> None:
    """A shop whose owner is disabled or has lost the role sells nothing until an operator puts it back (R-USR-12)."""
    await sellers.suspend_without_owner(conn, fact.user_id)


async def empty_closed_shop(conn: AsyncConnection, fact: SellerUpdated) -> None:
    """The products of a closed seller leave the catalogue (R-SEL-5)."""
    if fact.status == "closed" and "status" in fact.changed:
        await catalog.remove_all(conn, fact.seller_id)


async def abandon_cart(conn: AsyncConnection, fact: CartAbandoned) -> None:
    """A cart was left alone, unless the core knows better by now (R-CRT-3)."""
    await carts.abandon(conn, fact.cart_id, fact.idle_since)


async def recover_cart(conn: AsyncConnection, fact: CartRecovered) -> None:
    """Somebody took it up again (R-CRT-3)."""
    await carts.recover(conn, fact.cart_id)


async def note_rating(conn: AsyncConnection, fact: RatingAdded | RatingUpdated | RatingDeleted) -> None:
    """The product's sum and count follow its reviews (R-REV-3)."""
    before = None if isinstance(fact, RatingAdded) else fact.rating_before
    after = None if isinstance(fact, RatingDeleted) else fact.rating
    await catalog.note_rating(conn, fact.product_id, before=before, after=after)


async def forget_reviewer(conn: AsyncConnection, fact: UserErased) -> None:
    """The reviews of an erased account stay without their author (R-USR-15)."""
    await reviews.forget_author(conn, fact.user_id)


async def send_messages(conn: AsyncConnection, fact: Event) -> None:
    """Those whom it concerns are told (R-NOT-1)."""
    await notifications.tell(conn, fact)


async def forget_shopper(conn: AsyncConnection, fact: UserErased) -> None:
    """Carts, orders, money, parcels and a closed shop of an erased account keep its bare id (R-USR-15)."""
    await carts.forget(conn, fact.user_id)
    await erase_orders.forget(conn, fact.user_id)
    await erase_parcels.forget(conn, fact.user_id)
    await erase_complaints.forget(conn, fact.user_id)
    await erase_refunds.forget(conn, fact.user_id)
    await sellers.forget_owner(conn, fact.user_id)
    await webhooks.forget(conn, fact.user_id)
    await keys.forget(conn, fact.user_id)


async def tell_systems(conn: AsyncConnection, fact: Event) -> None:
    """The systems of sellers whom it concerns are told, where they asked for it."""
    await webhooks.tell(conn, fact)
