"""Meilisearch 1.21: the shoppers' search; an index that can be rebuilt."""

import os

import httpx2

from stack import artifacts, secrets
from stack.part import NotReadyError, Part


class Meilisearch(Part):
    """One server; the master key comes by environment, since a command line is public on the machine."""

    name = "meilisearch"
    ports = ("meilisearch",)

    def command(self) -> list[str]:
        data = self.home.data(self.name)
        options = {
            "--env": "production",
            "--http-addr": self.home.address("meilisearch"),
            "--db-path": str(data / "index"),
            "--dump-dir": str(data / "dumps"),
            "--snapshot-dir": str(data / "snapshots"),
            "--max-indexing-memory": "256MiB",
            "--max-indexing-threads": "1",
            "--log-level": "WARN",
        }
        return [
            str(artifacts.meilisearch_binary()),
            "--no-analytics",
            *(word for pair in options.items() for word in pair),
        ]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", ""), "MEILI_MASTER_KEY": secrets.read(self.home, "meilisearch")}

    async def ready(self) -> None:
        await http_ready(f"http://{self.home.address('meilisearch')}/health")


async def http_ready(url: str) -> None:
    """Raise NotReadyError unless the address answers 200."""
    try:
        async with httpx2.AsyncClient(timeout=3, trust_env=False) as client:
            answer = await client.get(url)
    except httpx2.HTTPError as error:
        raise NotReadyError(f"{url}: {str(error) or type(error).__name__}") from error
    if answer.status_code != 200:
        raise NotReadyError(f"{url} answers {answer.status_code}: {answer.text[:200]}")
