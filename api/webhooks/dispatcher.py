"""The sender of webhooks: takes what is due and posts it, several at once, outside any transaction.

A process that dies between posting and noting posts again under the same id, by which the receiver knows the copy.
"""

import asyncio
from base64 import b64decode
from contextlib import suppress
from typing import Any

import httpx2
import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from api import signatures
from api.db import statement, transaction
from api.webhooks import service
from api.webhooks.addresses import Unreachable, resolved
from api.webhooks.service.endpoints import SECRET_PREFIX

IDLE_S = 0.5
CALL_S = 10.0
AGENT = "Atlantic-Webhooks/1"

log = structlog.get_logger()


class Webhooks:
    """Posts what is due until it is told to stop; `inside` allows addresses of our own network, for one machine."""

    def __init__(self, pool: AsyncEngine, *, inside: bool) -> None:
        self._pool, self._inside = pool, inside

    async def run(self, stop: asyncio.Event) -> None:
        """Post until `stop` is set."""
        async with httpx2.AsyncClient(timeout=CALL_S, follow_redirects=False, trust_env=False) as client:
            while not stop.is_set():
                try:
                    if await self._some(client):
                        continue
                except Exception as error:  # whatever it is, the deliveries are due again when their lease ends
                    log.warning("telling sellers' systems failed", error=repr(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), IDLE_S)

    async def _some(self, client: httpx2.AsyncClient) -> bool:
        async with statement(self._pool) as conn:
            due = await service.claim(conn)
        await asyncio.gather(*(self._one(client, delivery) for delivery in due))
        return bool(due)

    async def _one(self, client: httpx2.AsyncClient, delivery: Row[Any]) -> None:
        code, error = await self._post(client, delivery)
        async with transaction(self._pool) as conn:
            if error is None:
                await service.taken(conn, delivery, code or 0)
            else:
                await service.refused(conn, delivery, code, error)

    async def _post(self, client: httpx2.AsyncClient, delivery: Row[Any]) -> tuple[int | None, str | None]:
        """The answer's code, and what went wrong, if anything did; of the answer nothing else is read."""
        body = delivery.body.encode()
        key = b64decode(delivery.secret.removeprefix(SECRET_PREFIX))
        headers = signatures.sign(key, str(delivery.event_id), body)
        try:
            async with asyncio.timeout(CALL_S):
                url, host = await resolved(delivery.url, inside=self._inside)
                named = {"host": httpx2.URL(delivery.url).netloc.decode(), "user-agent": AGENT}
                send = {"content-type": "application/json", **named, **headers}
                names = {"sni_hostname": host}
                async with client.stream("POST", url, content=body, headers=send, extensions=names) as answer:
                    return answer.status_code, None if answer.is_success else f"answered {answer.status_code}"
        except Unreachable as error:
            return None, str(error)
        except TimeoutError:
            return None, f"did not answer within {CALL_S:.0f} s"
        except (httpx2.HTTPError, OSError, ValueError) as error:
            return None, f"could not be called: {type(error).__name__}"
