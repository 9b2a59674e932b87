"""Valkey 9 (Redis protocol): carts, sessions, rate limits and read models; all of it can be rebuilt."""

import os
from pathlib import Path

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from stack import artifacts, secrets
from stack.home import private_file
from stack.part import NotReadyError, Part
from stack.settings import HOST, TEST_DATABASES, VALKEY_SETTINGS


class Valkey(Part):
    """One server with an append-only file."""

    name = "valkey"
    ports = ("valkey",)

    def command(self) -> list[str]:
        return [str(artifacts.valkey_binary()), str(self._config)]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", "")}

    @property
    def _config(self) -> Path:
        return self.home.config(self.name) / "valkey.conf"

    def prepare(self) -> None:
        settings = {
            "bind": HOST,
            "port": str(self.home.port("valkey")),
            "dir": f'"{self.home.data(self.name)}"',
            "requirepass": secrets.read(self.home, "valkey"),
            "save": '""',  # the append-only file is the durable copy
            **VALKEY_SETTINGS,
            **({"databases": str(len(TEST_DATABASES) + 1)} if self.home.fast else {}),
        }
        private_file(self._config, "".join(f"{name} {value}\n" for name, value in settings.items()))

    async def ready(self) -> None:
        client = redis.asyncio.Redis(
            host=HOST, port=self.home.port("valkey"), password=secrets.read(self.home, "valkey"), socket_timeout=3,
            retry=Retry(NoBackoff(), 0),
        )  # fmt: skip
        try:
            await client.ping()
        except RedisError as error:  # also while the append-only file is loading
            raise NotReadyError(str(error)) from error
        finally:
            await client.aclose()
