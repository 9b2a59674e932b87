"""The reactor process: reactions, the sweeper, the senders of messages and webhooks; a graceful stop."""

import asyncio
import signal
from datetime import timedelta

import uvloop
from pydantic import Field

from api import db, health_server, logs
from api.channels import open_sender
from api.notifications.dispatcher import Dispatcher
from api.payments import service as payments
from api.reactor.handling import Handler
from api.reactor.loop import Reactor
from api.reactor.parcels import Parcels
from api.reactor.webhooks import Courier
from api.settings import CarrierSettings, ChannelSettings, GatewaySettings, WebhookSettings
from api.shipping.sandbox import SandboxCarrier
from api.sweeper import Sweeper
from api.webhooks.dispatcher import Webhooks

PORT_OFFSET = 11
POOL = 12


class ReactorSettings(CarrierSettings, ChannelSettings, GatewaySettings, WebhookSettings):
    """What the reactor is told by its environment (ARCHITECTURE.md, "Settings")."""

    postgres_dsn: str = Field(repr=False)
    kafka_bootstrap: str
    topic_prefix: str = ""
    webhook_secret: str = Field(repr=False, min_length=16)
    cursor_secret: str = Field(repr=False, min_length=16)
    api_url: str
    port_base: int = Field(default=7400, ge=1024, le=65_515)


async def run(settings: ReactorSettings, stop: asyncio.Event) -> None:
    """React, sweep, send and deliver until `stop` is set."""
    pool = db.engine(settings.postgres_dsn, size=POOL)
    gateways = payments.gateways(pool, settings.webhook_secret, settings, settings.public_url)
    carrier = SandboxCarrier(timedelta(seconds=settings.carrier_day_s))
    reactor = Reactor(settings.kafka_bootstrap, settings.topic_prefix, Handler(pool, gateways, stop), stop)
    sender = open_sender(settings)
    post = Dispatcher(pool, sender, public_url=settings.public_url, secret=settings.cursor_secret)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(reactor.run())
            tasks.create_task(post.run(stop))
            tasks.create_task(Webhooks(pool, inside=settings.webhooks_inside).run(stop))
            tasks.create_task(Sweeper(pool, gateways).run(stop))
            tasks.create_task(payments.nightly(pool, gateways, stop))
            tasks.create_task(Parcels(pool, carrier, settings).run(stop))
            if gateways.network:
                tasks.create_task(Courier(gateways.network, settings.api_url).run(stop))
    finally:
        await sender.close()
        await gateways.close()
        await pool.dispose()


async def _until_told() -> None:
    settings, stop = ReactorSettings.model_validate({}), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with health_server.serving(settings.port_base + PORT_OFFSET):
        await run(settings, stop)


def main() -> None:
    """React to facts until SIGTERM or SIGINT."""
    logs.configure("reactor")
    uvloop.run(_until_told())


if __name__ == "__main__":
    main()
