"""What a promotion is: made and changed by the seller who pays for it, or by operators (E-PRO-1, E-PRO-4)."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids, outbox
from api.auth import Identity
from api.catalog import queries as catalog
from api.changes import differing, require_version
from api.db import violated
from api.errors import CodeTaken, CurrencyMismatch, NotFound, ValidationFailed
from api.outbox import Fact
from api.promotions import queries
from api.promotions.models import promotions
from api.promotions.rules import Fault, faults, may_become, only_of_a_draft
from api.sellers import queries as sellers
from api.sellers.service import require_active
from streams.events.promotions import PromotionChanged, PromotionPublished

Values = Mapping[str, Any]


async def create(conn: AsyncConnection, caller: Identity, draft: Values) -> Row[Any]:
    """A new promotion, of the caller's shop unless an operator makes it; `draft` has the fields of NewPromotion.

    Raises ValidationFailed, CodeTaken, SellerInactive, CurrencyMismatch.
    """
    values = _paid_for(caller, {**draft, "starts_at": draft["starts_at"] or ids.now()})
    _check(faults(values))
    await _check_seller(conn, values)
    _check(await _scope_faults(conn, values))
    published = {"published_at": ids.now()} if values["status"] == "active" else {}
    try:
        statement = insert(promotions).values(id=ids.new(), **values, **published).returning(promotions)
        row = cast(Row[Any], (await conn.execute(statement)).one())
    except IntegrityError as error:
        if violated(error) == "uq_promotions_code":
            raise CodeTaken(code=values["code"]) from error
        raise
    changed = tuple(sorted(name for name, value in values.items() if value is not None))
    await _tell(conn, row, changed, published=bool(published))
    return row


def _paid_for(caller: Identity, values: dict[str, Any]) -> dict[str, Any]:
    """The values with who funds it: a seller pays for own goods only, operators say who does."""
    if caller.operator:
        funded_by = values["funded_by"] or ("seller" if values["seller_id"] else "platform")
        return {**values, "funded_by": funded_by}
    if values["funded_by"] == "platform" or values["seller_id"] not in (None, caller.seller_id):
        raise ValidationFailed(errors=[Fault("funded_by", "sellers fund their promotions themselves").entry])
    return {**values, "funded_by": "seller", "seller_id": caller.seller_id}


async def _check_seller(conn: AsyncConnection, values: Values) -> None:
    if values["seller_id"] is None:
        return
    seller = await sellers.one(conn, values["seller_id"], lock=True)
    if seller is None:
        _check([Fault("seller_id", "is no seller", "unknown")])
    else:
        require_active(seller)
        _check_currency(seller, values)


def _check_currency(seller: Row[Any], values: Values) -> None:
    """A shop sells in one currency: what it gives in another would never apply."""
    given = values.get("currency")
    if given not in (None, seller.currency):
        raise CurrencyMismatch(expected=seller.currency, given=given)


async def _scope_faults(conn: AsyncConnection, values: Values) -> list[Fault]:
    """What the scope names has to exist, and to be the seller's own where a seller pays."""
    scope, target, payer = values["scope"], values["scope_id"], values["seller_id"]
    owner: UUID | None = payer
    if scope == "category" and await catalog.category(conn, target) is None:
        return [Fault("scope_id", "is no category", "unknown")]
    if scope == "product":
        product = await catalog.product(conn, target)
        if product is None or product.status == "deleted":
            return [Fault("scope_id", "is no product", "unknown")]
        owner = product.seller_id
    if scope == "seller":
        if await sellers.one(conn, target) is None:
            return [Fault("scope_id", "is no seller", "unknown")]
        owner = target
    return [] if payer in (None, owner) else [Fault("scope_id", "is not of the seller who pays")]


async def change(
    conn: AsyncConnection, caller: Identity, promotion_id: UUID, changes: Values, expected: int | None
) -> Row[Any]:
    """Change an own promotion; nothing happens when no value differs.

    Raises NotFound, VersionConflict, ValidationFailed, CurrencyMismatch.
    """
    row = await queries.one(conn, promotion_id, lock=True)
    if row is None or not (caller.operator or (row.seller_id and row.seller_id == caller.seller_id)):
        raise NotFound
    require_version(row, expected)
    changed = differing(row, changes)
    if not changed:
        return row
    _check([*faults({**row._mapping, **changed}), *only_of_a_draft(row.status, changed), *_moves(row, changed)])
    seller = await sellers.one(conn, row.seller_id, lock=True) if row.seller_id and "currency" in changed else None
    if seller is not None:
        _check_currency(seller, changed)
    publishes = row.published_at is None and changed.get("status") == "active"
    after = await _update(conn, row, changed | ({"published_at": ids.now()} if publishes else {}))
    await _tell(conn, after, tuple(sorted(changed)), published=publishes)
    return after


def _moves(row: Row[Any], changed: Values) -> list[Fault]:
    status, limit = changed.get("status"), changed.get("usage_limit")
    found = []
    if status and not may_become(row.status, status):
        found.append(Fault("status", f"cannot become {status} from {row.status}"))
    if limit is not None and limit < row.used_count:
        found.append(Fault("usage_limit", f"is below the {row.used_count} uses there are"))
    return found


async def _update(conn: AsyncConnection, row: Row[Any], values: Values) -> Row[Any]:
    raised = {**values, "version": promotions.c.version + 1, "updated_at": ids.now()}
    statement = update(promotions).where(promotions.c.id == row.id).values(raised).returning(promotions)
    return cast(Row[Any], (await conn.execute(statement)).one())


def _check(found: list[Fault]) -> None:
    if found:
        raise ValidationFailed(errors=[fault.entry for fault in found])


async def _tell(conn: AsyncConnection, row: Row[Any], changed: tuple[str, ...], *, published: bool) -> None:
    same = ("kind", "scope", "seller_id", "funded_by", "starts_at", "ends_at", "status")
    state = {name: getattr(row, name) for name in same} | {"promotion_id": row.id, "has_code": row.code is not None}
    event = (
        PromotionPublished(**state, announce=row.announce) if published else PromotionChanged(**state, changed=changed)
    )
    await outbox.record(conn, Fact(event, seq=row.version))
