"""The port to payment providers: what the core asks of a gateway, and what it may hear (R-PAY-1)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

import msgspec

Outcome = Literal["succeeded", "failed", "processing", "unknown", "never received"]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of one operation.

    processing: it will say later. unknown: no answer came, ask again with the same reference. never received: it knows
    no operation of that reference. `code` tells why it failed, never anything about the card.
    """

    outcome: Outcome
    reference: str | None = None
    code: str | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook whose signature is right: `idempotency_ref` names the operation that changed, or `unreadable` says why
    nobody knows which.
    """

    event_id: str
    idempotency_ref: str = ""
    unreadable: str = ""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money at the gateway; the same `idempotency_ref` never moves it twice."""

    idempotency_ref: str
    payment_id: UUID
    amount_minor: int
    currency: str


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One operation in a gateway's own list."""

    idempotency_ref: str
    amount_minor: int
    currency: str
    outcome: Outcome
    at: datetime


class Gateway(Protocol):
    """A payment provider. No method raises for what the provider may say; all are called outside transactions."""

    name: str

    async def authorize(self, operation: Operation, token: str, *, capture: bool) -> Reply:
        """Set money aside, and take it at once when `capture` is set."""
        ...

    async def capture(self, operation: Operation, authorization: str) -> Reply:
        """Take money that was set aside under the reference `authorization`."""
        ...

    async def void(self, operation: Operation, authorization: str) -> Reply:
        """Let money go that was set aside."""
        ...

    async def refund(self, operation: Operation, captured: str) -> Reply:
        """Pay back what was captured under the reference `captured`."""
        ...

    async def pay_out(self, operation: Operation) -> Reply:
        """Pay a seller out of what was captured; `payment_id` is the payout's."""
        ...

    async def query(self, idempotency_ref: str) -> Reply:
        """What became of an operation (R-PAY-3)."""
        ...

    async def listed(self, since: datetime, until: datetime) -> Sequence[Listed]:
        """The operations of a span, in any order; OSError when the list cannot be had."""
        ...

    def verify(self, headers: dict[str, str], body: bytes) -> Notice:
        """The notice in a webhook; SignatureInvalid when it is not the provider's or too old."""
        ...
