"""What people are told of their account, and sellers of their shop, its stock and its reviews."""

from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.notifications import queries
from api.notifications.service.writing import Draft
from streams.events.reviews import CommentCreated
from streams.events.sellers import SellerCreated, SellerUpdated
from streams.events.signals import StockRanLow, StockRanOut
from streams.events.users import UserCreated, UserUpdated

WORTH_TELLING = ("email", "phone", "password", "second_factor_on", "second_factor_off", "recovery_codes")


async def registered(conn: AsyncConnection, fact: UserCreated) -> list[Draft]:
    """Welcome."""
    return [Draft("welcome", "welcome", user_id=fact.user_id)]


async def changed(conn: AsyncConnection, fact: UserUpdated) -> list[Draft]:
    """Whoever owns the account should know, at the address that it had before as well."""
    news = [name for name in WORTH_TELLING if name in fact.changed]
    if not news:
        return []
    draft = Draft("account_changed", "account_changed", {"changed": news}, user_id=fact.user_id)
    cause, before = outbox.causation_id.get(), await queries.last_address(conn, fact.user_id)
    if "email" not in news or before is None or cause is None:
        return [draft]
    old = ids.derived(ids.drawn_at(cause), "old address", cause)
    return [draft, Draft(draft.type, draft.template, draft.data, user_id=fact.user_id, address=before, cause=old)]


async def shop_opened(conn: AsyncConnection, fact: SellerCreated) -> list[Draft]:
    """A shop is registered, and may sell or is being checked."""
    return [Draft("seller_welcome", "seller_welcome", {"status": fact.status}, seller_id=fact.seller_id)]


async def shop_changed(conn: AsyncConnection, fact: SellerUpdated) -> list[Draft]:
    """Its status is what a seller has to know of."""
    if "status" not in fact.changed:
        return []
    return [Draft("seller_status", "seller_status", {"status": fact.status}, seller_id=fact.seller_id)]


async def stock_low(conn: AsyncConnection, fact: StockRanLow) -> list[Draft]:
    """Little is left; when nothing is, that is a message of its own."""
    return [] if fact.available <= 0 else [await _stock(conn, fact)]


async def stock_out(conn: AsyncConnection, fact: StockRanOut) -> list[Draft]:
    """Nothing is left."""
    return [await _stock(conn, fact)]


async def _stock(conn: AsyncConnection, fact: StockRanLow | StockRanOut) -> Draft:
    name = await queries.product_name(conn, fact.product_id)
    data = {"product_id": str(fact.product_id), "product_name": name, "available": fact.available}
    if isinstance(fact, StockRanLow):
        return Draft("low_stock", "low_stock", data, seller_id=fact.seller_id)
    return Draft("sold_out", "sold_out", data, seller_id=fact.seller_id)


async def reviewed(conn: AsyncConnection, fact: CommentCreated) -> list[Draft]:
    """A buyer wrote about a product."""
    name = await queries.product_name(conn, fact.product_id)
    data = {"product_id": str(fact.product_id), "product_name": name, "review_id": str(fact.review_id)}
    return [Draft("new_review", "new_review", data, seller_id=fact.seller_id)]
