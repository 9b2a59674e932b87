"""The worker's pages on loopback: health, metrics, and every table by name and key."""

import json
from datetime import UTC, datetime
from typing import Any

import faust
import msgspec
from faust.web import Request, Response, View
from prometheus_client import generate_latest

from streams.metrics import BEHIND, COMPLETE_TO
from streams.progress import Cut
from streams.tables import Table
from streams.worker import Worker

PAGE_KEYS = 1_000


def add_pages(app: faust.App, worker: Worker) -> None:
    """GET /health, /metrics, /tables, /tables/{name}?prefix=&limit= and /tables/{name}/{key}."""

    @app.page("/health")
    async def health(view: View, request: Request) -> Response:
        ready = worker.loaded.is_set()
        body = {"status": "ok" if ready else "restoring", "complete_up_to": _cut(worker)}
        return view.json(body, status=200 if ready else 503)

    @app.page("/metrics")
    async def metrics(view: View, request: Request) -> Response:
        _measure(worker)
        return view.bytes(generate_latest(), content_type="text/plain")

    @app.page("/tables")
    async def tables(view: View, request: Request) -> Response:
        listed = [{"name": t.name, "keys": len(t), "says": t.says} for t in _tables(worker).values()]
        return view.json({"tables": listed, "complete_up_to": _cut(worker)})

    @app.page("/tables/{name}")
    async def table(view: View, request: Request, name: str) -> Response:
        found = _tables(worker).get(name)
        if found is None:
            return view.json({"detail": f"there is no table {name}"}, status=404)
        return view.json(_page(found, request.query.get("prefix", ""), int(request.query.get("limit", PAGE_KEYS))))

    @app.page("/tables/{name}/{key}")
    async def value(view: View, request: Request, name: str, key: str) -> Response:
        found = _tables(worker).get(name)
        value = found.get(key) if found else None
        if value is None:
            return view.json({"detail": f"{name} has no key {key}"}, status=404)
        return view.json({"key": key, "value": _plain(value)})


def _tables(worker: Worker) -> dict[str, Table[Any]]:
    return {table.name: table for table in (*worker.reducers.tables, worker.reducers.progress.table)}


def _reached(worker: Worker) -> Cut | None:
    return worker.reducers.progress.cut("ledger", "inventory", "catalog", "sellers", "reviews")


def _cut(worker: Worker) -> dict[str, Any] | None:
    cut = _reached(worker)
    return _plain(cut) if cut else None


def _measure(worker: Worker) -> None:
    """How far behind it is grows while nothing is read, so it is measured when it is asked for."""
    if cut := _reached(worker):
        COMPLETE_TO.set(cut.complete_to)
        BEHIND.set((datetime.now(UTC) - cut.marked_at).total_seconds())


def _page(table: Table[Any], prefix: str, limit: int) -> dict[str, Any]:
    keys = sorted(key for key in table.values if key.startswith(prefix))
    rows = [{"key": key, "value": _plain(table.values[key])} for key in keys[:limit]]
    return {"name": table.name, "says": table.says, "keys": len(keys), "rows": rows}


def _plain(value: msgspec.Struct) -> Any:
    return json.loads(msgspec.json.encode(value))
