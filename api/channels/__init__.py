"""How a message leaves the platform: one port, and behind it SMTP, or files that a person can look at (R-NOT-4).

It stands at the bottom of the core, like the cache: one-time codes are sent by users, everything else by notifications.
"""

from api.channels.message import Channel, Message, NotSent, Sender
from api.channels.routing import open_sender

__all__ = ["Channel", "Message", "NotSent", "Sender", "open_sender"]
