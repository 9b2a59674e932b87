"""The Idempotency-Key of a call whose own statements take it and keep its answer; a call without one has neither."""

from collections.abc import Mapping

from fastapi import Request

from api import idempotency
from api.idempotency import Stored
from api.payments.paying import ALONE, Payment
from api.payments.schemas import PaymentAnswer


class Keyed:
    """One call, and how a payment is told in its answer; `stored` is that answer once a statement has kept it."""

    def __init__(self, request: Request, model: type[PaymentAnswer], status: int) -> None:
        self._request, self._model, self._status = request, model, status
        self.stored: Stored | None = None

    @property
    def used(self) -> bool:
        """Whether the call has a key."""
        return idempotency.current(self._request) is not None

    @property
    def fresh(self) -> bool:
        """Whether there is no key, or one that is not taken yet."""
        call = idempotency.current(self._request)
        return call is None or not call.claimed

    @property
    def again(self) -> bool:
        """Whether the same call was made before and died, perhaps after its effect."""
        return idempotency.taken_over(self._request)

    def claiming(self) -> Mapping[str, object]:
        """The parameters of the statement that takes the key; tell `taken` what it gave."""
        return idempotency.claiming(self._request) if self.used else {"effect": ALONE}

    async def taken(self, effect: str | None) -> None:
        """Go on, or Replayed when another call has the key."""
        if self.used:
            await idempotency.taken(self._request, effect)

    async def take(self) -> None:
        """Take the key by a statement of its own, unless that was done; Replayed when another call has it."""
        await idempotency.claim(self._request)

    def answer(self, payment: Payment) -> Stored:
        """The answer that tells of a payment."""
        body = self._model.model_validate(payment).model_dump_json()
        return Stored(body, self._status, media_type="application/json")

    def keeping(self, answer: Stored) -> Mapping[str, object]:
        """The parameters of the statement that keeps an answer."""
        call = idempotency.current(self._request)
        return idempotency.columns(call, answer) if call else {}
