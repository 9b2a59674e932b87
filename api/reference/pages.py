"""What a person finds at addresses that the API's answers name: a page for each problem's `type`; at `/` the reference.

RFC 9457 asks that a problem's type leads to words about it.
"""

from collections.abc import Iterator
from html import escape
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from api.reference.refusals import examples, known

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Cache-Control": "public, max-age=3600",
}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title><style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 680px; margin: 48px auto; padding: 0 16px }}
h1 {{ font-size: 24px }} td {{ padding: 4px 16px 4px 0; vertical-align: top }}
pre {{ padding: 16px; border: 1px solid #8886; border-radius: 6px; overflow-x: auto }}
</style></head>
<body>
{body}
<p><a href="{root}/docs">API reference</a></p>
</body>
</html>
"""
_ROW = '<tr><td><a href="{root}/problems/{slug}">{slug}</a></td><td>{status}</td><td>{said}</td></tr>'


def install(app: FastAPI) -> None:
    """Answer beside the API's own calls, of which the document tells alone."""
    pages = {"/": _reference, "/problems": _every, "/problems/{slug}": _one}
    app.router.routes.extend(Route(path, page, include_in_schema=False) for path, page in pages.items())


async def _reference(request: Request) -> Response:
    return RedirectResponse(f"{_root(request)}/docs")


async def _every(request: Request) -> Response:
    rows = "".join(
        _ROW.format(root=_root(request), slug=slug, status=told["value"]["status"], said=escape(told["summary"]))
        for slug, told in _told()
    )
    return _page(request, "Problems", f"<table>{rows}</table>")


async def _one(request: Request) -> Response:
    told = dict(_told()).get(request.path_params["slug"])
    if told is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    value = told["value"]
    example = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    said = f"<p>HTTP {value['status']}. {escape(told['summary'])}</p><pre>{escape(example)}</pre>"
    return _page(request, value["title"], said)


def _told() -> Iterator[tuple[str, dict[str, Any]]]:
    every = examples()
    return ((slug, every[f"problem-{slug}"]) for slug in sorted(known()))


def _page(request: Request, title: str, content: str) -> Response:
    body = f"<h1>{escape(title)}</h1>\n{content}"
    return HTMLResponse(_PAGE.format(title=escape(title), body=body, root=_root(request)), headers=HEADERS)


def _root(request: Request) -> str:
    return escape(str(request.scope.get("root_path", "")))
