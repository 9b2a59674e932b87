"""Messages as files in the instance's home: the mail of one machine, and the sandbox of providers (R-NOT-4)."""

import asyncio
import os
from pathlib import Path

import msgspec

from api.channels.mail import compose
from api.channels.message import Channel, Message, NotSent

KEPT = 5_000
"""Files per channel; the oldest give way, so that a shop that runs for months does not fill its disk."""
PRUNED_EVERY = 500
BOUNCING = "bounce"
"""Mail to bounce@ and bounce+anything@ comes back, so that a shop can be seen to cope with it."""


class _Folder:
    """Files named by the message's id, which sorts by time: sent twice is written once."""

    def __init__(self, outbox: Path, channel: Channel, suffix: str) -> None:
        self._path = outbox / channel
        self._suffix = suffix
        self._written = 0

    async def write(self, message: Message, content: bytes) -> str:
        """Write the file, whole or not at all; its name."""
        name = f"{message.id}{self._suffix}"
        await asyncio.to_thread(self._write, name, content)
        return name

    def _write(self, name: str, content: bytes) -> None:
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path / f".{name}"
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
        draft.replace(self._path / name)
        self._written += 1
        if self._written % PRUNED_EVERY == 0:
            for old in sorted(self._path.glob(f"*{self._suffix}"))[:-KEPT]:
                old.unlink(missing_ok=True)


class MailFolder:
    """E-mail as .eml files, which every mail program opens."""

    def __init__(self, outbox: Path, sent_from: str) -> None:
        self._files = _Folder(outbox, "email", ".eml")
        self._from = sent_from

    async def send(self, message: Message) -> str:
        """Write the mail; the file's name. Raises NotSent for an address that stands for one that nobody has."""
        if message.recipient.partition("@")[0].partition("+")[0] == BOUNCING:
            raise NotSent("recipient_refused", final=True)
        return await self._files.write(message, compose(message, self._from).as_bytes())

    async def close(self) -> None:
        """Nothing is held open."""


class Recorded:
    """A provider that records what it was told to send: one JSON document per message."""

    def __init__(self, outbox: Path, channel: Channel) -> None:
        self._files = _Folder(outbox, channel, ".json")

    async def send(self, message: Message) -> str:
        """Write the record; the file's name."""
        return await self._files.write(message, msgspec.json.format(msgspec.json.encode(message), indent=1))

    async def close(self) -> None:
        """Nothing is held open."""
