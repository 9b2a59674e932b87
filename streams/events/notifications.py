"""Facts about messages: that they went out, failed or were read. Neither their text nor the recipient's address."""

from uuid import UUID

from streams.events.envelope import Event


class NotificationEvent(Event, frozen=True, kw_only=True):
    """A fact about one message to one account over one channel."""

    topic = "notifications"
    landing = "landing_notifications"
    key = "notification_id"
    notification_id: UUID
    type: str


class NotificationSent(NotificationEvent, frozen=True, kw_only=True):
    """The provider took the message, `waited_ms` after its cause; an in-app message is sent when it is written."""

    name = "notification.sent"
    user_id: UUID
    channel: str
    cause_event_id: UUID | None = None
    attempts: int
    waited_ms: int


class NotificationFailed(NotificationEvent, frozen=True, kw_only=True):
    """The message could not be sent and will not be tried again; reason is a code."""

    name = "notification.failed"
    user_id: UUID
    channel: str
    cause_event_id: UUID | None = None
    attempts: int
    waited_ms: int
    reason: str


class NotificationRead(NotificationEvent, frozen=True, kw_only=True):
    """The shopper read an in-app message for the first time."""

    name = "notification.read"
