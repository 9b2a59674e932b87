"""The port to payment providers: what the core asks of a gateway, and what it may hear (R-PAY-1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol, get_args
from uuid import UUID

import msgspec

Outcome = Literal["succeeded", "failed", "processing", "unknown", "never received"]
Kind = Literal["authorize", "capture", "void", "refund", "top_up", "payout"]
EVERY_KIND: frozenset[Kind] = frozenset(get_args(Kind))


class NextAction(msgspec.Struct, frozen=True, kw_only=True):
    """What the shopper has to do before the gateway decides.

    redirect: go to `redirect_url`, which leads back to the payment's return_url. client: the gateway's own code in the
    browser goes on with the payment's client_secret.
    """

    type: Literal["redirect", "client"]
    redirect_url: str | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a gateway says of one operation.

    processing: it will say later, with `next_action` when it waits for the shopper. unknown: no answer came, ask again
    with the same reference. never received: it knows no operation of that reference. `code` tells why it failed, never
    anything about the card. `rest_released`: a capture of less than was set aside has let the rest go. `approved`: the
    shopper has agreed to a charge on the gateway's pages, and `authorize` without a token is what is left to do.
    """

    outcome: Outcome
    reference: str | None = None
    code: str | None = None
    next_action: NextAction | None = None
    client_secret: str | None = None
    rest_released: bool = False
    approved: bool = False


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook whose signature is right: `idempotency_ref` names the operation that changed, or `unreadable` says why
    nobody knows which.
    """

    event_id: str
    idempotency_ref: str = ""
    unreadable: str = ""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money at the gateway; the same `idempotency_ref` never moves it twice.

    `reference` is the gateway's own name of what was prepared or set aside before. `return_url` is where the shopper
    goes after a step on the gateway's pages; nobody is there to take one when it is not `attended`.
    """

    idempotency_ref: str
    kind: Kind
    payment_id: UUID
    amount_minor: int
    currency: str
    reference: str | None = None
    return_url: str | None = None
    attended: bool = True


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
    prepares: bool
    """Whether a payment is opened there before it is paid: `prepare` is called first, and its reference kept."""
    signature_header: str
    """The header that its webhooks carry and no other gateway's do, in small letters."""
    lists: frozenset[Kind]
    """The kinds of operations that its list names."""
    list_delay: timedelta
    """How long it may take until an operation is in its list."""

    async def prepare(self, operation: Operation) -> Reply:
        """Open a payment of that amount without moving money; its `reference`, for the shopper its `client_secret`."""
        ...

    async def authorize(self, operation: Operation, token: str | None) -> Reply:
        """Set money aside, and take it at once unless the kind is `authorize`; no token: the shopper gave it there."""
        ...

    async def capture(self, operation: Operation, authorization: str) -> Reply:
        """Take money that was set aside under the reference `authorization`."""
        ...

    async def void(self, operation: Operation, authorization: str) -> Reply:
        """Let money go that was set aside, or see to it that nothing prepared or begun there is taken any more."""
        ...

    async def refund(self, operation: Operation, captured: str) -> Reply:
        """Pay back what was captured under the reference `captured`."""
        ...

    async def pay_out(self, operation: Operation) -> Reply:
        """Pay a seller out of what was captured; `payment_id` is the payout's."""
        ...

    async def query(self, operation: Operation) -> Reply:
        """What became of an operation (R-PAY-3)."""
        ...

    async def listed(self, since: datetime, until: datetime) -> Sequence[Listed]:
        """The operations of a span, in any order; OSError when the list cannot be had."""
        ...

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """The notice in a webhook; SignatureInvalid when it is not the provider's or too old.

        OSError when the provider has to be asked and does not answer.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
