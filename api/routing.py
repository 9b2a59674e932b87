"""Finds the routes of a call by the word that its address begins with.

The framework asks every router of every domain for each call, twice; that took an eighth of the CPU of a product page.
What a word's front knows (`api/front`) is answered without any.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from re import Pattern

from fastapi import APIRouter, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from api import front
from api.front import Front

VERSION = "v1"
HEAD = "atlantic.head"
"""In the scope of a GET of which nobody reads the body."""


class Words:
    """Hands a call to the routes that may be meant: those of its word, or those that begin with none."""

    def __init__(self, whole: APIRouter, fronts: Mapping[str, Front]) -> None:
        self._whole, self._fronts = whole, fronts
        by_word = _by_word(whole)
        self._routers = {word: _router(whole, routes) for word, routes in by_word.items() if word}
        self._others = _router(whole, by_word.get("", []))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call; the beginning and the end of the process are the whole router's."""
        if scope["type"] != "http":
            await self._whole(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self._head(scope, receive, send)
        else:
            await self._routed(scope, receive, send)

    async def _head(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As GET: the server, which knows the call by the scope that it made, leaves the body of the answer out."""
        asked = {**scope, "method": "GET", HEAD: True}
        try:
            await self._routed(asked, receive, send)
        finally:
            if "route" in asked:  # what the log line and the metrics call it
                scope["route"] = asked["route"]

    async def _routed(self, scope: Scope, receive: Receive, send: Send) -> None:
        word = _word(scope["path"]) or ""
        if (known := self._fronts.get(word)) and front.is_open(scope) and (found := known(scope)):
            await front.answer(found, scope, send)
        else:
            await self._routers.get(word, self._others)(scope, receive, send)


def install(app: FastAPI, fronts: Mapping[str, Front]) -> None:
    """Have the innermost of what a call goes through be the routes of its word alone."""
    build = app.build_middleware_stack

    def built() -> ASGIApp:
        """Called for the first call, when all routes are there."""
        whole = app.router
        app.router = Words(whole, fronts)  # type: ignore[assignment]  # all that the stack does with it is to call it
        try:
            return build()
        finally:
            app.router = whole

    app.build_middleware_stack = built  # type: ignore[method-assign]  # the framework offers no other way in


def methods(app: FastAPI, path: str) -> frozenset[str]:
    """All methods that an address knows; the framework names those of the first route of it that comes."""
    routes = (each for each in iter_route_contexts(app.routes) if each.path and _pattern(each.path).fullmatch(path))
    known = frozenset[str]().union(*(each.methods or () for each in routes))
    return known | {"HEAD"} if "GET" in known else known


@cache
def _pattern(path: str) -> Pattern[str]:
    return compile_path(path)[0]


def _word(path: str) -> str | None:
    """`products` of `/v1/products/...`; None where a parameter or no such word stands."""
    parts = path.split("/", 3)
    return parts[2] if len(parts) > 2 and parts[1] == VERSION and not parts[2].startswith("{") else None


def _by_word(whole: APIRouter) -> Mapping[str, list[BaseRoute]]:
    """The routes in their order, those without a word under ""; a router of several words is among those of each."""
    found: dict[str, list[BaseRoute]] = defaultdict(list)
    for route in whole.routes:
        for word in {_word(each.path or "") or "" for each in iter_route_contexts([route])} or {""}:
            found[word].append(route)
    return found


def _router(whole: APIRouter, routes: list[BaseRoute]) -> APIRouter:
    return APIRouter(routes=routes, redirect_slashes=whole.redirect_slashes, default=whole.default)
