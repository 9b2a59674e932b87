"""Requests and answers of messages."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, field_validator, model_validator
from sqlalchemy import Row

from api.notifications.kinds import KINDS, Channel, Type
from api.notifications.wording import templates
from api.pagination import Page, PageWanted
from api.schemas import Answer, Body, Flag, Lines, Moment, Text50, Text255, Whole, in_words, misfit

OrderStatus = Literal["paid", "processing", "shipped", "delivered", "cancelled", "returned", "refunded"]
Content = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), Lines]
Value = Annotated[
    Annotated[str, StringConstraints(max_length=1000), Lines] | Whole | Flag,
    in_words("must be a text of at most 1,000 characters, a whole number, true or false"),
]
Variables = Annotated[dict[Annotated[str, StringConstraints(pattern="^[a-z_]{1,40}$")], Value], Field(max_length=20)]


class MessagesWanted(PageWanted):
    """Which messages."""

    unread: bool | None = Field(default=None, description="only those that were not read, or only those that were")
    type: Type | None = None
    channel: Channel = "in_app"
    sort: Literal["-created_at"] = "-created_at"


class ReadChange(Body):
    """Whether a message counts as read."""

    read: Flag = True


class Target(Answer):
    """What a message is about: where a click on it leads."""

    kind: Literal["order", "product", "promotion", "payout"]
    id: UUID
    label: str | None = Field(default=None, examples=["A-7K2M9Q"], description="an order's number, a product's name")
    path: str | None = Field(default=None, examples=["/v1/orders/01890a5d-ac96-774b-bcce-b302099a8057"])


class Notification(Answer):
    """One message to the caller."""

    id: UUID
    type: Type
    channel: Channel
    subject: str | None = Field(examples=["Your order A-7K2M9Q is on its way"])
    content: str | None = Field(examples=["A parcel of your order A-7K2M9Q is on its way."])
    status: Literal["pending", "sent", "failed", "withdrawn"]
    target: Target | None
    read: bool
    read_at: Moment | None
    created_at: Moment


class Inbox(Page[Notification]):
    """A page of messages, and how many of the inbox were not read yet."""

    unread_count: int = Field(examples=[2])


_KEYS = (("order", "order_number", "orders"), ("product", "product_name", "products"), ("promotion", "headline", None),
         ("payout", "", None))  # fmt: skip


def target(data: dict[str, Any] | None) -> Target | None:
    """What a message's data say that it is about."""
    for kind, label, path in _KEYS:
        id_ = (data or {}).get(f"{kind}_id")
        if data and id_:
            return Target.model_validate(
                {"kind": kind, "id": id_, "label": data.get(label), "path": f"/v1/{path}/{id_}" if path else None}
            )
    return None


def notification(row: Row[Any]) -> Notification:
    """A message as its reader sees it."""
    shown = {name: row._mapping[name] for name in Notification.model_fields if name not in ("target", "read")}
    return Notification.model_validate(shown | {"target": target(row.data), "read": row.read_at is not None})


class Preference(Body):
    """Whether messages of a kind come over a channel."""

    type: Type
    channel: Channel
    enabled: Flag


class KnownPreference(Answer):
    """A preference, and whether it may be switched off."""

    type: Type
    channel: Channel
    enabled: bool
    fixed: bool = Field(description="cannot be switched off: messages about own orders, money and safety by e-mail")


class Preferences(Answer):
    """Every kind of message over every channel that it comes by itself, and what else was chosen."""

    items: list[KnownPreference]


class NewPreferences(Body):
    """Preferences to keep; those that are not named stay as they are."""

    items: Annotated[list[Preference], Field(min_length=1, max_length=200)]


class NewMessage(Body):
    """A message to one account, about an order's status, or to an audience; exactly one of the three."""

    user_id: UUID | None = None
    order_id: UUID | None = None
    status: OrderStatus | None = Field(default=None, description="the order's status, with order_id")
    audience: Literal["shoppers", "buyers"] | None = Field(
        default=None, description="those who agreed to marketing: all of them, or the buyers of `seller_id`"
    )
    seller_id: UUID | None = None
    type: Type | None = None
    channels: Annotated[list[Channel], Field(min_length=1, max_length=5)] | None = None
    template: Text50 | None = Field(default=None, examples=["promote"])
    subject: Text255 | None = None
    content: Content | None = None
    data: Variables = Field(default_factory=dict, examples=[{"headline": "Free shipping until Sunday", "code": "SUN"}])

    @field_validator("template")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in templates():
            raise ValueError(f"is not one of {', '.join(sorted(templates()))}")
        return value

    @field_validator("channels")
    @classmethod
    def _once_each(cls, value: list[Channel] | None) -> list[Channel] | None:
        if value is not None and len(set(value)) < len(value):
            raise ValueError("names a channel twice")
        return value

    @model_validator(mode="after")
    def _one_of_three(self) -> "NewMessage":
        given = [name for name in ("user_id", "order_id", "audience") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("exactly one of user_id, order_id and audience is needed")
        return self._about_an_order() if self.order_id else self._to_people()

    def _about_an_order(self) -> "NewMessage":
        if self.status is None:
            raise misfit("status", "is needed with order_id")
        if more := sorted(self.model_fields_set - {"order_id", "status"}):
            raise misfit(more[0], "does not go with order_id; leave it out")
        return self

    def _to_people(self) -> "NewMessage":
        if self.status is not None:
            raise misfit("status", "goes with order_id alone; leave it out")
        if self.type is None:
            raise misfit("type", "is missing", "missing")
        if self.audience and self.type != "promote":
            raise misfit("type", "must be promote for an audience")
        if (self.audience == "buyers") != (self.seller_id is not None):
            raise misfit("seller_id", "belongs to the audience buyers, and that to it")
        return self._with_words()

    def _with_words(self) -> "NewMessage":
        own = [name for name in ("subject", "content") if getattr(self, name) is not None]
        if self.template and own:
            raise misfit(own[0], "does not go with template; leave it out")
        if self.template or len(own) > 1:
            return self
        if not own:
            raise misfit("template", "is needed, or subject and content")
        raise misfit("content" if own == ["subject"] else "subject", f"is needed with {own[0]}")


class MessagesAccepted(Answer):
    """How many messages were accepted, and the ids of the first hundred."""

    accepted: int = Field(examples=[2])
    ids: list[UUID]


DEFAULTS: tuple[tuple[Type, Channel], ...] = tuple(
    (type_, channel) for type_ in KINDS for channel in KINDS[type_].channels
)
