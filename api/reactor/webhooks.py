"""Carries the test card network's late answers to our webhook, as a provider's own servers would."""

import asyncio

import httpx2
import structlog

from api.payments.service import CardNetwork

EVERY_S = 0.5
PATH = "/v1/payments/webhook"

log = structlog.get_logger()


class Courier:
    """Posts what is due until the api has taken it."""

    def __init__(self, network: CardNetwork, api_url: str) -> None:
        self._network = network
        self._api_url = api_url

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set."""
        async with httpx2.AsyncClient(base_url=self._api_url, timeout=5) as client:
            while not stop.is_set():
                try:
                    await self.deliver(client)
                except (httpx2.HTTPError, OSError) as error:
                    log.info("webhook waits", error=repr(error))
                await asyncio.sleep(EVERY_S)

    async def deliver(self, client: httpx2.AsyncClient) -> None:
        """Post every webhook that is due, once; those that are not answered with 200 stay due."""
        for headers, body in await self._network.due_webhooks():
            answer = await client.post(PATH, content=body, headers=headers | {"content-type": "application/json"})
            if answer.is_success:
                await self._network.delivered(headers["webhook-id"])
