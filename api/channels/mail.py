"""A message as an e-mail (RFC 5322): text, beside it HTML, and headers that mail programs act on."""

from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from api import ids
from api.channels.message import Message, NotSent

# A link may not be folded: shorter lines would have it encoded, and mail programs would not know it for one.
LONGEST_LINE = 900


class _Kinds(HeaderRegistry):
    """Keeps the class of each header: to make it anew each time took a third of what composing costs."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type[BaseHeader]] = {}

    def __getitem__(self, name: str) -> type[BaseHeader]:
        found = self._made.get(name)
        if found is None:
            found = self._made[name] = super().__getitem__(name)
        return found


ASCII = SMTP.clone(max_line_length=LONGEST_LINE, header_factory=_Kinds())
BEYOND = ASCII.clone(utf8=True)


def compose(message: Message, sent_from: str) -> EmailMessage:
    """The e-mail of a message; its Message-ID is the message's id, so that a copy is known as one. Raises NotSent."""
    name, address = parseaddr(sent_from)
    mail = EmailMessage(ASCII if message.recipient.isascii() else BEYOND)
    try:
        mail["From"] = Address(name, addr_spec=address)
        mail["To"] = _recipient(message.recipient)
        mail["Subject"] = " ".join(message.subject.split())
    except ValueError as error:
        raise NotSent("recipient_invalid", final=True) from error
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


def _recipient(address: str) -> Address:
    user, _, domain = address.rpartition("@")
    if not user or not domain:
        raise ValueError("no e-mail address")
    return Address(username=user, domain=domain)  # in two parts: as one it may not go beyond ASCII
