"""The port: one message, one call, one answer. What stands behind it never shows here."""

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

Channel = Literal["email", "sms", "push", "whatsapp"]


@dataclass(frozen=True)
class Message:
    """One message to one recipient, ready to be read."""

    id: UUID
    """Its idempotency key: a provider that knows it already does not deliver it again (R-NOT-2)."""
    channel: Channel
    recipient: str
    """An e-mail address, a phone number in E.164, or for push the id of the user whose devices are meant."""
    subject: str
    text: str
    html: str | None = None
    unsubscribe_url: str | None = None
    """Where one click ends messages of this kind (RFC 8058); e-mail carries it in its headers too."""


class NotSent(Exception):  # noqa: N818 - read as what happened to the message
    """The message did not leave. `code` is fit for events; `final` says that trying again cannot help."""

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.final = final


class Sender(Protocol):
    """Anything that can bring a message on its way."""

    async def send(self, message: Message) -> str:
        """Hand the message over and return the provider's reference. Raises NotSent."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...
