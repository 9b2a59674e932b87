"""The OpenAPI document as it is published: that of the routes, completed by `api.reference` (E-OPS-4)."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from api.reference import operations, refusals
from api.reference.examples import Composer

FRAMEWORKS = ("HTTPValidationError", "ValidationError")


def operation_name(route: APIRoute) -> str:
    """The operationId, which generated clients call their function: that of the route; aliases end in `_alias`."""
    return f"{route.name}_alias" if route.deprecated else route.name


def install(app: FastAPI) -> None:
    """Have the document tell of problem bodies and examples beside what the framework says."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            complete(app, original())
        return original()

    app.openapi = openapi  # type: ignore[method-assign]


def complete(app: FastAPI, document: dict[str, Any]) -> Composer:
    """Complete a document in place; the composer knows which fields it found no example for."""
    components = document["components"]
    schemas, examples = components["schemas"], components.setdefault("examples", {})
    for unused in FRAMEWORKS:
        schemas.pop(unused, None)
    schemas["Problem"] = refusals.schema()
    operations.fields(schemas)
    composer, needs = Composer(schemas), {route.unique_id: route.dependant for route in routes(app)}
    for path, operation in _operations(document):
        refusals.amend(path, operation)
        examples.update(operations.amend(operation, needs[operation["operationId"]], composer))
    examples.update(refusals.examples())
    return composer


def routes(app: FastAPI) -> Iterator[RouteContext]:
    """Every operation of the application, with what its routers add."""
    return (each for each in iter_route_contexts(app.routes) if isinstance(each.original_route, APIRoute))


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation
