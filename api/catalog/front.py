"""Which calls without a token the showcase answers: pages by id, and lists of what is active."""

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi.routing import APIRoute
from starlette.types import Scope

from api.catalog.asked import Asked, asked
from api.catalog.routes import router
from api.catalog.schemas import ProductsWanted
from api.catalog.showcase import Showcase
from api.errors import NotFound
from api.front import Found

_PAGE = re.compile(r"/v1/products/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_LIST = "/v1/products"
_ROUTES = {route.name: route for route in router.routes if isinstance(route, APIRoute)}
_REPEATABLE = ("brand", "ids")


def front(scope: Scope) -> Found | None:
    """What is asked for, if it is one of these."""
    showcase: Showcase = scope["app"].state.showcase
    if scope["path"] == _LIST:
        wanted = _wanted(scope["query_string"])
        return Found(_ROUTES["list_products"], partial(showcase.lately, wanted)) if wanted else None
    named = None if scope["query_string"] else _PAGE.fullmatch(scope["path"])
    return Found(_ROUTES["get_product"], partial(_active, showcase, UUID(named[1]))) if named else None


@lru_cache(maxsize=4096)
def _wanted(query: bytes) -> Asked | None:
    """The list that a query asks for; None when the framework has to say what is wrong with it, or odd."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict")
        given = {name: [value for each, value in pairs if each == name] for name, _ in pairs}
        fields = {name: values if name in _REPEATABLE else _only(values) for name, values in given.items()}
        wanted = ProductsWanted.model_validate(fields)
    except ValueError:
        return None
    return asked(wanted) if wanted.status == "active" else None


def _only(values: Sequence[str]) -> str:
    (value,) = values
    if not value:
        raise ValueError("means something to the framework alone")
    return value


async def _active(showcase: Showcase, product_id: UUID) -> bytes:
    found = await showcase.page(product_id)
    if found is None or found.status != "active":
        raise NotFound
    return found.body
