"""Which adapter carries which channel, by the settings."""

from collections.abc import Mapping

from api.channels.folder import MailFolder, Recorded
from api.channels.message import Channel, Message, Sender
from api.channels.smtp import Smtp
from api.settings import ChannelSettings

FOLDER = "outbox"


class _ByChannel:
    """Hands each message to the adapter of its channel."""

    def __init__(self, adapters: Mapping[Channel, Sender]) -> None:
        self._adapters = adapters

    async def send(self, message: Message) -> str:
        return await self._adapters[message.channel].send(message)

    async def close(self) -> None:
        for adapter in self._adapters.values():
            await adapter.close()


def open_sender(settings: ChannelSettings) -> Sender:
    """The sender of a process, for all channels. It connects with its first message."""
    outbox = settings.home / FOLDER
    mail = Smtp(settings.mail_url, settings.mail_from) if settings.mail_url else MailFolder(outbox, settings.mail_from)
    return _ByChannel(
        {
            "email": mail,
            "sms": Recorded(outbox, "sms"),
            "push": Recorded(outbox, "push"),
            "whatsapp": Recorded(outbox, "whatsapp"),
        }
    )
