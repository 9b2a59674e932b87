"""What is done with webhooks."""

from api.webhooks.causes import CAUSES
from api.webhooks.service.deliveries import (
    SUBSCRIBED,
    Subscribed,
    claim,
    refused,
    resend,
    subscribed,
    taken,
    tell,
    try_out,
)
from api.webhooks.service.endpoints import change, create, forget, remove

__all__ = [
    "CAUSES",
    "SUBSCRIBED",
    "Subscribed",
    "change",
    "claim",
    "create",
    "forget",
    "refused",
    "remove",
    "resend",
    "subscribed",
    "taken",
    "tell",
    "try_out",
]
