"""Which kinds of messages there are, over which channels they go, and who may decline them (requirements 13.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Channel = Literal["email", "sms", "push", "whatsapp", "in_app"]
Type = Literal[
    "welcome", "account_changed", "seller_welcome", "seller_status", "order_confirmation", "new_order",
    "order_shipped", "tracking_update", "order_delivered", "review_invitation", "order_cancelled", "payment_failed",
    "refund_update", "return_update", "complaint_update", "cart_reminder", "promote", "low_stock", "sold_out",
    "price_doubt", "shipment_late", "payout_update", "new_review",
]  # fmt: skip

CHANNELS: tuple[Channel, ...] = ("email", "sms", "push", "whatsapp", "in_app")
IN_APP: Channel = "in_app"


@dataclass(frozen=True)
class Kind:
    """`channels` it goes over by itself; `binding`: its e-mail cannot be switched off; `marketing`: needs consent."""

    channels: tuple[Channel, ...]
    binding: bool = False
    marketing: bool = False


_MAIL, _MAIL_AND_INBOX, _ALL = Kind(("email",)), Kind(("email", "in_app")), Kind(("email", "push", "in_app"))
_ORDER, _PARCEL = Kind(("email", "in_app"), binding=True), Kind(("email", "push", "in_app"), binding=True)

KINDS: Mapping[Type, Kind] = MappingProxyType(
    {
        "welcome": _MAIL,
        "account_changed": Kind(("email",), binding=True),
        "seller_welcome": _MAIL,
        "seller_status": Kind(("email",), binding=True),
        "order_confirmation": _ORDER,
        "new_order": _MAIL_AND_INBOX,
        "order_shipped": _PARCEL,
        "tracking_update": _ALL,
        "order_delivered": _ORDER,
        "review_invitation": _MAIL_AND_INBOX,
        "order_cancelled": _ORDER,
        "payment_failed": _ORDER,
        "refund_update": _ORDER,
        "return_update": _ORDER,
        "complaint_update": _ORDER,
        "cart_reminder": Kind(("email",), marketing=True),
        "promote": Kind(("email", "push"), marketing=True),
        "low_stock": _MAIL_AND_INBOX,
        "sold_out": _MAIL_AND_INBOX,
        "price_doubt": _MAIL_AND_INBOX,
        "shipment_late": Kind(("in_app",)),
        "payout_update": Kind(("email",), binding=True),
        "new_review": Kind(("in_app",)),
    }
)


BINDING = frozenset(name for name, kind in KINDS.items() if kind.binding)


def fixed(type_: str, channel: str) -> bool:
    """Whether messages of this kind over this channel cannot be switched off (E-NOT-5)."""
    return channel == "email" and type_ in BINDING
