"""Which calls without a token the showcase answers: pages by id, and lists whose words were read before."""

import re
from functools import partial
from uuid import UUID

from fastapi.routing import APIRoute
from starlette.types import Scope

from api.catalog.routes import router
from api.catalog.showcase import Showcase
from api.errors import NotFound
from api.front import Found

_PAGE = re.compile(r"/v1/products/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_LIST = "/v1/products"
_ROUTES = {route.name: route for route in router.routes if isinstance(route, APIRoute)}


def front(scope: Scope) -> Found | None:
    """What is asked for, if it is one of these."""
    showcase: Showcase = scope["app"].state.showcase
    if scope["path"] == _LIST:
        wanted = showcase.known(scope["query_string"])
        return Found(_ROUTES["list_products"], partial(showcase.lately, wanted)) if wanted else None
    named = None if scope["query_string"] else _PAGE.fullmatch(scope["path"])
    return Found(_ROUTES["get_product"], partial(_active, showcase, UUID(named[1]))) if named else None


async def _active(showcase: Showcase, product_id: UUID) -> bytes:
    found = await showcase.page(product_id)
    if found is None or found.status != "active":
        raise NotFound
    return found.body
