"""What is done with messages: written for a cause, sent, read, withdrawn."""

from api.notifications.service.asked import Asked, ask
from api.notifications.service.causes import CAUSES, concerns, tell
from api.notifications.service.delivery import AT_ONCE, SENDING_S, Sent, claim, due, failed, sent, settled, untried
from api.notifications.service.promotions import promote
from api.notifications.service.reading import mark, prefer, unsubscribe
from api.notifications.service.tokens import reader_of, unsubscribe_url
from api.notifications.service.writing import Draft, forget, withdraw, write

__all__ = [
    "AT_ONCE",
    "CAUSES",
    "SENDING_S",
    "Asked",
    "Draft",
    "Sent",
    "ask",
    "claim",
    "concerns",
    "due",
    "failed",
    "forget",
    "mark",
    "prefer",
    "promote",
    "reader_of",
    "sent",
    "settled",
    "tell",
    "unsubscribe",
    "unsubscribe_url",
    "untried",
    "withdraw",
    "write",
]
