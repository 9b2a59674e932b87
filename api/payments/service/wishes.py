"""What a shopper asks of payments: to begin one, and to pay."""

from typing import NamedTuple
from uuid import UUID

from api.payments.gateway import Kind


class Intent(NamedTuple):
    """Who wants to pay which order, by which method and gateway, and where the shopper goes after a step elsewhere.

    Without `capture` the money is set aside only.
    """

    user_id: UUID
    order_id: UUID
    method: str | None = None
    gateway: str | None = None
    return_url: str | None = None
    capture: bool = True


class Confirmation(NamedTuple):
    """Who pays what, with which card if by card, and whether cards are charged now or at pick-up (R-PAY-16).

    `again`: the same call was made before, and died before it could answer.
    """

    user_id: UUID
    payment_id: UUID
    token: str | None
    capture: bool = True
    again: bool = False

    @property
    def kind(self) -> Kind:
        """What is asked of the gateway."""
        return "capture" if self.capture else "authorize"
