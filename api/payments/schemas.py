"""What is asked of payments over HTTP, and the bodies of the answers. No card data, ever (R-PAY-14)."""

import re
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    computed_field,
    model_validator,
)

from api.pagination import PageWanted
from api.schemas import LARGEST, Answer, Body, Currency, Instant, Moment, Note, Text50, Text255

TOKEN = re.compile(r"(tok|pm|ctoken)_[\x21-\x7e]{1,251}")
WEB = r"^https?://[\x21-\x7e]+$"
RefundStatus = Literal["requested", "approved", "rejected", "processing", "succeeded", "failed"]
Status = Literal[
    "pending", "processing", "success", "failed", "expired", "cancelled", "refunding", "refunded", "refund_failed"
]
OperationStatus = Literal["requested", "succeeded", "failed", "unknown"]
PaymentMethod = Literal["card", "wallet", "paypal", "cod"]
Target = Literal["original", "wallet"]


def _token(value: SecretStr) -> SecretStr:
    if not TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError(
            "must be the gateway's token (tok_, pm_ or ctoken_ and up to 251 visible characters), never a card number"
        )
    return value


EXAMPLE = "tok_4242424242424242"
Token = Annotated[SecretStr, AfterValidator(_token), Field(examples=[EXAMPLE])]
Amount = Annotated[int, Field(strict=True, ge=1, le=LARGEST, examples=[1200])]


class Intent(Body):
    """The shopper is about to pay an order."""

    order_id: UUID
    payment_method: PaymentMethod | None = Field(
        default=None,
        description="default: the order's; with `paypal` the shopper goes to the answer's `redirect_url`, and confirms "
        "after that",
    )
    gateway: Text50 | None = Field(
        default=None, description="one that is set up; default: the first", examples=["test"]
    )
    return_url: Annotated[str, StringConstraints(max_length=500, pattern=WEB)] | None = Field(
        default=None, description="where the shopper comes back to after a step on the gateway's pages"
    )


class Confirmation(Body):
    """The shopper pays: `gateway_token` stands for the card and comes from the gateway, never a card number.

    With `paypal` there is none: `pending` until the shopper has approved the payment there.
    """

    payment_id: UUID
    gateway_token: Token | None = Field(
        default=None,
        description="for payments by card, unless the shopper's browser gave it to the gateway itself",
        examples=[EXAMPLE],
    )


class NewCapture(Body):
    """Money that was set aside is taken."""

    amount_minor: Amount | None = Field(default=None, description="default: all that is left")


class NewTopUp(Body):
    """Money from a card into the wallet of its currency."""

    amount_minor: Annotated[int, Field(strict=True, ge=100, le=100_000_000, examples=[5000])]
    currency: Currency
    gateway_token: Token


class TopUpEntry(Answer):
    """What a top-up changed in the wallet."""

    id: UUID
    wallet_id: UUID
    delta_minor: int
    balance_after_minor: int
    created_at: Moment


class TopUpAnswer(Answer):
    """A top-up: `succeeded` with its entry in the wallet, or `requested` while the gateway decides."""

    id: UUID
    status: OperationStatus
    amount_minor: int
    currency: str
    created_at: Moment
    entry: TopUpEntry | None = None


class NextStep(Answer):
    """What the shopper has to do: go to `redirect_url`, or go on with the gateway's own code in the browser."""

    type: Literal["redirect", "client"]
    redirect_url: str | None = None


class PaymentAnswer(Answer):
    """One attempt to pay one order; amounts in minor units.

    With `next_action` it waits for the shopper, until `expires_at`.
    """

    id: UUID
    order_id: UUID
    status: Status
    payment_method: PaymentMethod
    gateway: str
    amount_minor: int
    currency: str
    authorized_minor: int
    captured_minor: int
    refunded_minor: int
    failure_reason: str | None
    next_action: NextStep | None
    expires_at: Moment | None
    version: int
    created_at: Moment


class IntentAnswer(PaymentAnswer):
    """A payment with the secret that the gateway's code in the browser asks for, or where the shopper pays."""

    client_secret: str | None

    @computed_field  # type: ignore[prop-decorator] # mypy knows no decorated property; pydantic wants it so
    @property
    def redirect_url(self) -> str | None:
        """Where the shopper pays, of gateways that have pages for that."""
        return self.next_action.redirect_url if self.next_action else None


class OperationAnswer(Answer):
    """One call to the gateway."""

    kind: Literal["authorize", "capture", "void", "refund", "top_up"]
    amount_minor: int
    status: OperationStatus
    gateway_reference: str | None
    answer_code: str | None
    attempt: int
    occurred_at: Moment


class OrderPayments(Answer):
    """The current payment of an order, earlier attempts, and for operators the calls to the gateway."""

    current: PaymentAnswer | None
    attempts: list[PaymentAnswer]
    operations: list[OperationAnswer] = Field(default_factory=list)


class PaymentStatus(Answer):
    """What a seller may know of an order's payment."""

    status: Status | None


class Received(Answer):
    """The webhook was taken."""

    received: bool = True


ReasonCode = Annotated[
    str, Field(pattern="^[a-z][a-z0-9_]{0,39}$", description="one word of the caller's own; `reason` has the sentence")
]


class NewRefund(Body):
    """Money is asked back: by the shopper for a decision, by seller or operator approved at once."""

    order_id: UUID | None = None
    payment_id: UUID | None = None
    amount_minor: Amount | None = Field(default=None, description="default: all that is refundable")
    reason: Text255
    reason_code: ReasonCode = "customer_request"
    target: Target = Field(
        default="original", description="wallet: at once; what was paid from a wallet or in cash always goes there"
    )

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if (self.order_id is None) == (self.payment_id is None):
            raise ValueError("give order_id or payment_id, one of the two")
        return self


class RefundDecision(Body):
    """What becomes of a refund: approve or reject a requested one, retry a failed one."""

    decision: Literal["approve", "reject", "retry"]
    note: Note | None = None


class RefundsWanted(PageWanted):
    """Which refunds, and in which order."""

    status: list[RefundStatus] = Field(default_factory=list)
    order_id: UUID | None = None
    since: Annotated[Instant | None, Field(alias="from")] = None
    until: Annotated[Instant | None, Field(alias="to")] = None
    sort: Literal["-created_at", "created_at", "-amount", "amount"] = "-created_at"


class RefundAnswer(Answer):
    """Money on its way back, or back."""

    id: UUID
    payment_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    reason: str | None
    reason_code: str
    target: Target
    status: RefundStatus
    attempts: int
    decision_note: str | None = Field(description="what whoever decided on it wrote")
    cause_type: str
    version: int
    created_at: Moment
    updated_at: Moment
