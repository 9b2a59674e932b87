"""Reviews over HTTP (E-REV-1 to 4)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api.auth import Caller, Conn, Identity, Shopper, operates
from api.edge import Route
from api.errors import (
    CursorInvalid,
    Forbidden,
    NotABuyer,
    NotFound,
    ReviewExists,
    Unauthenticated,
    ValidationFailed,
    VersionConflict,
)
from api.pagination import Keyset
from api.problems import problems
from api.reviews import queries, service
from api.reviews.models import reviews
from api.reviews.schemas import NewReview, Review, ReviewChange, Reviews, ReviewsWanted
from streams.views import average

router = APIRouter(prefix="/v1/reviews", tags=["reviews"], route_class=Route)


@router.post("", status_code=201, summary="Review a product", responses=problems(NotABuyer, ReviewExists, NotFound))
async def create_review(body: NewReview, caller: Shopper, conn: Conn) -> Review:
    """Once it was delivered, once a product; the product's average follows within moments (E-REV-1, R-REV-1)."""
    review_id = await service.write(conn, caller.user_id, body.product_id, body.rating, body.comment)
    return Review.model_validate(await queries.shown(conn, review_id))


@router.get("", summary="Reviews", responses=problems(Unauthenticated, Forbidden, CursorInvalid))
async def list_reviews(
    wanted: Annotated[ReviewsWanted, Query()], caller: Caller, request: Request, conn: Conn
) -> Reviews:
    """Of a product, or with `mine=true` the caller's own, with what all of them say (E-REV-2)."""
    author_id = _author(wanted, caller)
    status = wanted.status if wanted.status == "visible" or await operates(request, caller) else "visible"
    which = queries.standing(product_id=wanted.product_id, author_id=author_id, status=status)
    keyset = Keyset(
        request.app.state.settings.cursor_secret,
        wanted.sort,
        queries.SORTS[wanted.sort.lstrip("-")],
        reviews.c.id,
        wanted.filters | {"author_id": author_id, "status": status},
    )
    statement = queries.listed(which, wanted.rating, has_comment=wanted.has_comment)
    found = await keyset.read(conn, statement, wanted)
    histogram = await queries.histogram(conn, which)
    return Reviews(
        items=[Review.model_validate(row) for row in found.rows],
        next_cursor=found.next_cursor,
        rating_average=average(sum(stars * count for stars, count in enumerate(histogram, 1)), sum(histogram)),
        rating_count=sum(histogram),
        histogram=histogram,
    )


def _author(wanted: ReviewsWanted, caller: Identity | None) -> UUID | None:
    if wanted.mine:
        if caller is None:
            raise Unauthenticated
        if caller.scopes is not None:
            raise Forbidden("An API key has written no reviews; ask for those of a product.")
        return caller.user_id
    if wanted.product_id is None:
        missing = {"field": "query.product_id", "message": "is needed, unless mine=true", "code": "missing"}
        raise ValidationFailed(errors=[missing])
    return None


@router.patch("/{review_id}", summary="Change a review", responses=problems(NotFound, Forbidden, VersionConflict))
async def update_review(review_id: UUID, body: ReviewChange, caller: Shopper, request: Request, conn: Conn) -> Review:
    """Rating and comment by the author, status by operators (E-REV-3); absent fields stay."""
    changes = body.model_dump(exclude_unset=True, exclude={"expected_version"})
    by = service.Caller(caller.user_id, await operates(request, caller))
    await service.change(conn, by, review_id, changes, body.expected_version)
    return Review.model_validate(await queries.shown(conn, review_id))


@router.delete("/{review_id}", status_code=204, summary="Take a review back", responses=problems(NotFound))
async def delete_review(review_id: UUID, caller: Shopper, request: Request, conn: Conn) -> Response:
    """By the author or an operator; the text is gone for good, repeating it is fine (E-REV-4)."""
    by = service.Caller(caller.user_id, await operates(request, caller))
    await service.remove(conn, by, review_id)
    return Response(status_code=204)
