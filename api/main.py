"""The api process: every domain's routes over one pool, one Redis client and one collector."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from joserfc.jwk import OKPKey

from api import db, document, handlers, logs, measuring, middleware, openapi, retention, routing, tokens
from api.analytics.routes import router as analytics
from api.cache import Cache
from api.carts.routes import router as carts
from api.catalog.front import front as products
from api.catalog.images.routes import router as images
from api.catalog.routes import router as catalog
from api.catalog.showcase import Showcase
from api.channels import open_sender
from api.collector import Collector
from api.complaints.routes import router as complaints
from api.health import router as health
from api.inventory.routes import router as inventory
from api.keys.routes import router as keys
from api.ledger.routes import router as ledger
from api.notifications.routes import router as notifications
from api.objects import Objects
from api.orders.routes import router as orders
from api.payments.challenges import router as challenges
from api.payments.routes import router as payments
from api.payments.service import gateways
from api.payouts.routes import router as payouts
from api.promotions.routes import router as promotions
from api.protocol import Protocol
from api.rates import Limiter
from api.recommendations.routes import router as recommendations
from api.recommendations.service import OrderLists
from api.recovery.routes import router as recovery
from api.reference import introduction, pages
from api.reviews.routes import router as reviews
from api.revocation import Revocations
from api.search.engine import Engine
from api.search.recorder import Recorder
from api.search.routes import router as search
from api.search.routes import suggesting
from api.sellers.routes import router as sellers
from api.settings import Settings
from api.shipping.routes import router as shipping
from api.tariffs.routes import router as tariffs
from api.timeline.routes import router as timeline
from api.tracking.routes import router as tracking
from api.trail.routes import router as trail
from api.users.routes import router as users
from api.wallets.routes import router as wallets
from api.webhooks.routes import router as webhooks

ROUTERS = (
    users, keys, sellers, inventory, catalog, images, promotions, carts, orders, payments, challenges, tariffs,
    shipping, reviews, complaints, timeline, recovery, wallets, payouts, ledger, recommendations, search, suggesting,
    analytics, tracking, notifications, trail, webhooks, health,
)  # fmt: skip
STOP_S = 20
SPOKEN: Mapping[str, Any] = {
    "http": Protocol, "loop": "uvloop", "log_config": None, "access_log": False, "server_header": False,
    "timeout_keep_alive": 75,  # longer than load balancers keep theirs: who hangs up first loses the next call
}  # fmt: skip
"""How the server speaks, wherever it is run."""


def _lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pool = db.engine(settings.postgres_dsn, size=settings.pool_size)
        cache = Cache(settings.redis_url)
        app.state.pool, app.state.cache, app.state.running = pool, cache, {}
        app.state.showcase = Showcase(pool, cache, settings.cursor_secret)
        app.state.objects = Objects.of(settings)
        app.state.sender = open_sender(settings)
        app.state.order_lists = OrderLists()
        app.state.gateways = gateways(pool, settings.webhook_secret, settings, settings.public_url)
        app.state.limiter = Limiter(settings.redis_url, cache, on=settings.rate_limits)
        app.state.revocations = Revocations(cache, pool, token_life_s=int(tokens.TOKEN_LIFE.total_seconds()))
        app.state.collector = Collector(
            settings.kafka_bootstrap, settings.topic_prefix, settings.home, spool_bytes=settings.spool_mib * 1024 * 1024
        )
        app.state.collector.start()
        app.state.search_engine, app.state.recorder = Engine(settings), Recorder(app.state.collector)
        retention_task = asyncio.create_task(retention.run(pool))
        yield
        retention_task.cancel()
        await app.state.recorder.close()
        await asyncio.to_thread(app.state.collector.stop)
        await app.state.search_engine.close()
        await app.state.sender.close()
        await app.state.gateways.close()
        await cache.close()
        await pool.dispose()

    return lifespan


def create_app(settings: Settings) -> FastAPI:
    """The application; servers are connected to when it starts."""
    app = FastAPIOffline(
        title=introduction.TITLE,
        version=introduction.VERSION,
        summary=introduction.SUMMARY,
        description=introduction.DESCRIPTION,
        openapi_tags=introduction.TAGS,
        generate_unique_id_function=openapi.operation_name,
        lifespan=_lifespan(settings),
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.settings, app.state.verifier = settings, tokens.Verifier(settings.signing_key)
    handlers.install(app)
    middleware.install(app, settings.cors_origins)
    for router in ROUTERS:
        app.include_router(router)
    measuring.install(app)
    openapi.install(app)
    document.install(app)
    pages.install(app)
    routing.install(app, {"products": products})
    return app


def unstarted() -> FastAPI:
    """An application for its OpenAPI document alone: it needs no instance and cannot be started."""
    key = json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))
    secrets = ("webhook", "carrier", "cursor", "second_factor")
    nobody: dict[str, Any] = {f"{name}_secret": "nothing is signed" for name in secrets}
    return create_app(
        Settings(postgres_dsn="", redis_url="redis://", kafka_bootstrap="", jwt_private_key=key, **nobody)
    )


def main() -> None:
    """Serve on the api's port until told to stop."""
    settings = Settings()  # type: ignore[call-arg]
    logs.configure("api")
    app = create_app(settings)
    gc.freeze()
    uvicorn.run(
        app,
        host=settings.bind_host,
        port=settings.port,
        timeout_graceful_shutdown=STOP_S,
        forwarded_allow_ips=settings.trusted_proxies,
        **SPOKEN,
    )


if __name__ == "__main__":
    main()
