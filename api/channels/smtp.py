"""E-mail over SMTP on one kept connection: a new one for every mail costs fifty times as much."""

import asyncio
from collections.abc import Mapping
from email.utils import parseaddr
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from api.channels.mail import compose
from api.channels.message import Message, NotSent

TIMEOUT_S = 10.0
MAIL_S = 20.0
"""Bound of a whole mail; the one above is that of a single word of the server's."""
PORTS: Mapping[str, int] = MappingProxyType({"smtp": 587, "smtps": 465, "smtp+plain": 25})
FOR_EVER = 500
"""From this code on the server means it for good (RFC 5321, 4.2.1)."""


class Smtp:
    """Sends through one server. `url`: smtp:// with STARTTLS, smtps:// with TLS, smtp+plain:// without either."""

    def __init__(self, url: str, sent_from: str) -> None:
        parts = urlsplit(url)
        self._from, self._sender = sent_from, parseaddr(sent_from)[1]
        self._turn = asyncio.Lock()
        self._client = SMTP(
            hostname=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            use_tls=parts.scheme == "smtps",
            start_tls=parts.scheme == "smtp",
            timeout=TIMEOUT_S,
        )

    async def send(self, message: Message) -> str:
        """The Message-ID, once the server has taken the mail."""
        mail = compose(message, self._from)
        options = [] if message.recipient.isascii() else ["SMTPUTF8"]
        async with self._turn:
            try:
                async with asyncio.timeout(MAIL_S):
                    await self._connect()
                    await self._client.sendmail(self._sender, [message.recipient], bytes(mail), mail_options=options)
            except (SMTPException, OSError, ValueError) as error:
                self._client.close()
                raise _not_sent(error) from error
        return str(mail["Message-ID"])

    async def close(self) -> None:
        """Take leave of the server, if it is still there."""
        async with self._turn:
            if self._client.is_connected:
                try:
                    await self._client.quit()
                except SMTPException:
                    self._client.close()

    async def _connect(self) -> None:
        """Asked before each mail: servers hang up on the idle, and a mail that broke off half-way may arrive twice."""
        if self._client.is_connected:
            try:
                await self._client.noop()
            except SMTPException:
                self._client.close()
            else:
                return
        await self._client.connect()


def _not_sent(error: Exception) -> NotSent:
    """What the refusal means for the message; a wrong password or sender is ours to mend, so the message waits."""
    if isinstance(error, SMTPRecipientsRefused):
        return NotSent("recipient_refused", final=all(one.code >= FOR_EVER for one in error.recipients))
    if isinstance(error, SMTPDataError):
        return NotSent("message_refused", final=error.code >= FOR_EVER)
    if isinstance(error, SMTPAuthenticationError | aiosmtplib.SMTPSenderRefused | SMTPResponseException):
        return NotSent("provider_refused")
    return NotSent("provider_unavailable")
