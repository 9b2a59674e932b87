"""The api process: every domain's routes over one pool, one Redis client and one collector."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from prometheus_fastapi_instrumentator import Instrumentator

from api import auth, db, handlers, logs, middleware, problems, retention
from api.analytics.routes import router as analytics
from api.cache import Cache
from api.carts.routes import router as carts
from api.catalog.routes import router as catalog
from api.collector import Collector
from api.health import router as health
from api.inventory.routes import router as inventory
from api.ledger.routes import router as ledger
from api.orders.routes import router as orders
from api.payments.routes import router as payments
from api.rates import Limiter
from api.revocation import Revocations
from api.sellers.routes import router as sellers
from api.settings import Settings
from api.shipping.routes import router as shipping
from api.tracking.routes import router as tracking
from api.users.routes import router as users

ROUTERS = (
    users, sellers, inventory, catalog, carts, orders, payments, shipping, ledger, analytics, tracking, health,
)  # fmt: skip
STOP_S = 20


def _lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = db.engine(settings.postgres_dsn, size=settings.pool_size)
        cache = Cache(settings.redis_url)
        app.state.pool, app.state.cache, app.state.running = pool, cache, {}
        app.state.limiter = Limiter(settings.redis_url, cache, on=settings.rate_limits)
        app.state.revocations = Revocations(cache, pool, token_life_s=int(auth.TOKEN_LIFE.total_seconds()))
        app.state.collector = Collector(
            settings.kafka_bootstrap, settings.topic_prefix, settings.home, spool_bytes=settings.spool_mib * 1024 * 1024
        )
        app.state.collector.start()
        retention_task = asyncio.create_task(retention.run(pool))
        yield
        retention_task.cancel()
        await asyncio.to_thread(app.state.collector.stop)
        await cache.close()
        await pool.dispose()

    return lifespan


def create_app(settings: Settings) -> FastAPI:
    """The application; servers are connected to when it starts."""
    app = FastAPIOffline(
        title="Atlantic",
        version="1",
        summary="A commerce platform whose dashboards are the books.",
        description=DESCRIPTION,
        openapi_tags=TAGS,
        lifespan=_lifespan(settings),
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.settings, app.state.verifier = settings, auth.Verifier(settings.signing_key)
    handlers.install(app)
    middleware.install(app)
    for router in ROUTERS:
        app.include_router(router)
    Instrumentator(excluded_handlers=["/metrics", "/health/.*"]).instrument(app).expose(app, include_in_schema=False)
    _describe_problems(app)
    return app


def _describe_problems(app: FastAPI) -> None:
    original = app.openapi

    def openapi() -> dict[str, Any]:
        schema = original()
        schema["components"]["schemas"]["Problem"] = problems.SCHEMA
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


DESCRIPTION = """
Money is an integer in ISO 4217 minor units beside its `currency`. Times are UTC. Errors are
`application/problem+json` (RFC 9457): `type` says which one, `errors` names the fields. Lists give `items` and
`next_cursor`. Unsafe calls take an `Idempotency-Key`. Every call may answer 401, 403, 404, 413, 415, 422, 429, 500
and 503 with a problem document.
"""

TAGS = [
    {"name": "accounts", "description": "Registration, sign-in, the own account and its addresses."},
    {"name": "sellers", "description": "Seller accounts."},
    {"name": "catalog", "description": "Products and categories."},
    {"name": "inventory", "description": "Stock, holds and the ledger of movements."},
    {"name": "cart", "description": "The shopper's cart."},
    {"name": "orders", "description": "Checkout and the life of an order."},
    {"name": "payments", "description": "Payments and refunds."},
    {"name": "ledger", "description": "The books."},
    {"name": "shipping", "description": "Rates and parcels."},
    {"name": "tracking", "description": "Clicks."},
    {"name": "analytics", "description": "Answers from read models."},
    {"name": "operations", "description": "Health."},
]


def main() -> None:
    """Serve on the api's port until told to stop."""
    settings = Settings()  # type: ignore[call-arg]
    logs.configure("api")
    app = create_app(settings)
    gc.freeze()
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_S,
        server_header=False,
    )


if __name__ == "__main__":
    main()
