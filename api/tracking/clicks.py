"""Judges clicks: each is taken as an event line, or refused by its place in the batch with a reason (R-TRK-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from api.schemas import MAX_MINOR
from api.tracking import privacy
from api.tracking.vocabulary import LIFTED, NEED_PRODUCT, PROPERTIES
from streams.events import Envelope, codec
from streams.events.partitions import partition_of
from streams.events.tracking import PURCHASE_NAMES, ClickTracked

OLDEST, NEWEST = timedelta(days=7), timedelta(minutes=5)
MOST_BYTES = 16 * 1024

Path = Annotated[str, Meta(max_length=2000)]
Word = Annotated[str, Meta(max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]


class Click(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A click as a client sends it."""

    click_id: UUID
    name: str
    session_id: UUID
    occurred_at: Annotated[datetime, Meta(tz=True)]
    properties: dict[str, Any] = msgspec.field(default_factory=dict)
    page: Path | None = None
    referrer: Path | None = None
    locale: Word | None = None
    area: Word | None = None
    consent: bool = True


class Lifted(msgspec.Struct, frozen=True, kw_only=True):
    """The properties that have columns of their own."""

    product_id: UUID | None = None
    seller_id: UUID | None = None
    quantity: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    price_minor: Annotated[int, Meta(ge=0, le=MAX_MINOR)] | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request tells about whoever sent it; `followed` is false with Do Not Track."""

    received_at: datetime
    correlation_id: str
    secret: str
    user_id: UUID | None = None
    device: str | None = None
    followed: bool = True


class Line(msgspec.Struct, frozen=True):
    """A click on its way to the log."""

    partition: int
    click_id: UUID
    session_id: UUID
    body: bytes


class Rejected(msgspec.Struct, frozen=True):
    """A click that was not taken: its place in the batch, and why."""

    index: int
    reason: str


class _Refused(Exception):  # noqa: N818 - a verdict on one click
    """Why a click is not taken."""


_decoder = msgspec.json.Decoder(Click)


def judge(raws: Sequence[bytes | msgspec.Raw], visitor: Visitor) -> tuple[list[Line], list[Rejected]]:
    """The lines of the good clicks, and the bad ones with their reasons."""
    lines, rejected = [], []
    for index, raw in enumerate(raws):
        try:
            lines.append(_line(_checked(raw), visitor))
        except _Refused as refused:
            rejected.append(Rejected(index, str(refused)))
    return lines, rejected


def _checked(raw: bytes | msgspec.Raw) -> Click:
    try:
        click = _decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _Refused(f"invalid: {error}") from error
    if click.name in PURCHASE_NAMES:
        raise _Refused("purchase-from-client")
    if click.name not in PROPERTIES:
        raise _Refused(f"unknown-name: {click.name[:60]}")
    return click


def of_server(click: Click, visitor: Visitor) -> Line:
    """The line of a click that the server itself tells of (R-TRK-9)."""
    return _line(click, visitor, source="server")


def _line(click: Click, visitor: Visitor, source: str = "client") -> Line:
    session_id, user_id = click.session_id, visitor.user_id
    if not (visitor.followed and click.consent):
        session_id, user_id = privacy.session_of_the_day(session_id, visitor.received_at, visitor.secret), None
    occurred_at, corrected = _moment(click.occurred_at, visitor.received_at)
    event = ClickTracked(
        click_id=click.click_id,
        click_name=click.name,
        session_id=session_id,
        user_id=user_id,
        received_at=visitor.received_at,
        time_corrected=corrected,
        area=click.area,
        page=_path(click.page),
        referrer_host=privacy.host_of(click.referrer),
        device=visitor.device,
        locale=click.locale,
        source=source,
        **_lifted(click),
        properties=_others(click),
    )
    return _sized(event, occurred_at, visitor)


def _sized(event: ClickTracked, occurred_at: datetime, visitor: Visitor) -> Line:
    envelope = Envelope(
        event_id=event.click_id,
        event=event.name,
        version=event.version,
        aggregate_id=event.session_id,
        aggregate_seq=0,
        tx=0,
        occurred_at=occurred_at,
        recorded_at=visitor.received_at,
        correlation_id=visitor.correlation_id or str(event.click_id),
        payload=event,
    )
    body = codec.encode(envelope)
    if len(body) > MOST_BYTES:
        raise _Refused(f"too-large: a click may have {MOST_BYTES} bytes")
    return Line(partition_of(event.session_id), event.click_id, event.session_id, body)


def _moment(occurred_at: datetime, received_at: datetime) -> tuple[datetime, bool]:
    """The click's own time in milliseconds, or the time it was received at when its own cannot be right (R-TRK-7)."""
    if received_at - OLDEST <= occurred_at <= received_at + NEWEST:
        return occurred_at.replace(microsecond=occurred_at.microsecond // 1000 * 1000), False
    return received_at, True


def _path(page: str | None) -> str | None:
    try:
        return privacy.path_of(page)
    except ValueError as error:
        raise _Refused("invalid: page is no address") from error


def _lifted(click: Click) -> dict[str, Any]:
    given = {name: value for name, value in click.properties.items() if name in LIFTED & PROPERTIES[click.name]}
    try:
        found = msgspec.convert(given, Lifted, strict=True)
    except msgspec.ValidationError as error:
        raise _Refused(f"invalid: properties: {error}") from error
    if click.name in NEED_PRODUCT and found.product_id is None:
        raise _Refused("invalid: properties: product_id is missing")
    return msgspec.structs.asdict(found)


def _others(click: Click) -> dict[str, Any]:
    wanted = PROPERTIES[click.name] - LIFTED
    return {name: privacy.clean(name, value) for name, value in click.properties.items() if name in wanted}
