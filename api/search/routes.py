"""Search over HTTP (E-SRC-1, E-SRC-2)."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request
from prometheus_client import Counter

from api import ids
from api.db import transaction
from api.edge import Route
from api.errors import CursorInvalid, RateLimited, Unavailable, ValidationFailed
from api.prepared import renewed
from api.problems import problems
from api.rates import SUGGESTIONS, per_address
from api.routing import HEAD
from api.search import service
from api.search.asked import SPEC, Asked, Specs, asked, specs
from api.search.engine import Engine
from api.search.recorder import Recorder
from api.search.schemas import Found, SearchWanted, Suggestions, SuggestWanted
from api.tracking import service as tracking
from api.unit import Work

SEARCHES = Counter("searches_total", "Searches, by what answered them", ["source"])
_SHEETS: dict[str, Any] = {
    "parameters": [
        {
            "name": f"{SPEC}colour",
            "in": "query",
            "required": False,
            "description": "a key of the products' sheets after `spec.`, one of its values; 10 keys at most",
            "schema": {"type": "string", "minLength": 1, "maxLength": 100},
        }
    ]
}

router = APIRouter(prefix="/v1", tags=["search"], route_class=Route)
suggesting = APIRouter(prefix="/v1", tags=["search"])
"""Apart from the others: calls while somebody types have a limit of their own instead of the overall one (R-API-18)."""


def _engine(request: Request) -> Engine:
    found: Engine = request.app.state.search_engine
    return found


def _specs(request: Request) -> Specs:
    return specs(request.query_params.multi_items())


@router.get("/search", summary="Search products", openapi_extra=_SHEETS, responses=problems(CursorInvalid))
async def search_products(
    wanted: Annotated[SearchWanted, Query()],
    sheets: Annotated[Specs, Depends(_specs)],
    request: Request,
    work: Work,
    x_session_id: Annotated[UUID | None, Header(description="the visitor's session, as clicks carry it")] = None,
) -> Found:
    """Active products of active sellers, 1,000 results deep; recorded as a Products Searched click (E-SRC-1)."""
    secret = request.app.state.settings.cursor_secret
    search = asked(wanted, sheets, secret)
    found = await service.search(_engine(request), work, search, secret)
    SEARCHES.labels(found.source).inc()
    if search.place is None and HEAD not in request.scope:
        _record(request, search, found, x_session_id)
    return found


def _record(request: Request, search: Asked, found: Found, session_id: UUID | None) -> None:
    """The first page alone: the next ones are the same search. Without a session it makes one of its own."""
    told = {
        "query_id": str(search.query_id),
        "query": search.wanted.q.lower(),
        "filters": search.filters,
        "sort": search.wanted.sort,
        "results": found.estimated_total,
        "source": found.source,
    }
    line = tracking.searched(tracking.visitor(request), ids.new(), session_id or search.query_id, told)
    recorder: Recorder = request.app.state.recorder
    recorder.record(line)


async def _suggest(wanted: SuggestWanted, request: Request) -> Suggestions:
    async def read() -> Suggestions:
        async with transaction(request.app.state.pool) as conn:
            return await service.suggest(_engine(request), conn, wanted.typed, wanted.limit)

    return await renewed(read)


_OPTIONS: dict[str, Any] = {
    "responses": problems(ValidationFailed, RateLimited, Unavailable),
    "dependencies": [Depends(per_address("suggestions", SUGGESTIONS))],
}


@suggesting.get("/search/suggestions", summary="Suggestions", **_OPTIONS)
async def list_suggestions(wanted: Annotated[SuggestWanted, Query()], request: Request) -> Suggestions:
    """Categories, brands and products that what was typed so far may mean (E-SRC-2)."""
    return await _suggest(wanted, request)


@suggesting.get("/suggest", summary="Suggestions", deprecated=True, **_OPTIONS)
async def suggest(wanted: Annotated[SuggestWanted, Query()], request: Request) -> Suggestions:
    """As `GET /v1/search/suggestions`."""
    return await _suggest(wanted, request)
