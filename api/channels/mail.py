"""A message as an e-mail (RFC 5322): text, beside it HTML, and headers that mail programs act on."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from api import ids
from api.channels.message import Message, NotSent


def compose(message: Message, sent_from: str) -> EmailMessage:
    """The e-mail of a message; its Message-ID is the message's id, so that a copy is known as one. Raises NotSent."""
    name, address = parseaddr(sent_from)
    mail = EmailMessage()
    try:
        mail["From"] = Address(name, addr_spec=address)
        mail["To"] = Address(addr_spec=message.recipient)
        mail["Subject"] = " ".join(message.subject.split())
    except ValueError as error:
        raise NotSent("recipient-invalid", final=True) from error
    mail["Message-ID"] = f"<{message.id}@{address.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(ids.now())
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday notices do not answer it
    if message.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    return mail
