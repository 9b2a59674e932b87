"""The gateway `stripe`, over its official SDK: cards by PaymentIntents.

A PaymentIntent is opened before it is paid, and its id kept: what became of a payment can be asked whatever was lost.
The SDK's own repetitions and telemetry are off; `guard` repeats under the same idempotency keys.
"""

from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
import stripe

from api.errors import SignatureInvalid
from api.payments import stripe_words as words
from api.payments.gateway import EVERY_KIND, Listed, Notice, Operation, Reply
from api.settings import GatewaySettings

EVENTS_KEPT = timedelta(days=30)
EVENTS = (
    "payment_intent.succeeded", "payment_intent.amount_capturable_updated", "payment_intent.canceled",
    "refund.created", "refund.updated", "refund.failed",
)  # fmt: skip
# What is no word about a payment: the way was broken, it was busy, or does not know us.
AWAY = (
    stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError, stripe.AuthenticationError,
    stripe.PermissionError,
)  # fmt: skip
Answer = TypeVar("Answer")


class Stripe:
    """Stripe's API with the key of one account; ConnectionError when it gives no answer that counts."""

    name = "stripe"
    prepares = True
    signature_header = "stripe-signature"
    lists = EVERY_KIND
    list_delay = timedelta()

    def __init__(self, settings: GatewaySettings) -> None:
        stripe.enable_telemetry = False
        self._http = stripe.AIOHTTPClient(timeout=settings.gateway_call_s)
        self._secret = settings.stripe_webhook_secret
        api = stripe.StripeClient(
            settings.stripe_key,
            base_addresses={"api": settings.stripe_url} if settings.stripe_url else {},
            max_network_retries=0,
            http_client=self._http,
        )
        self._intents, self._refunds, self._events = api.v1.payment_intents, api.v1.refunds, api.v1.events

    async def prepare(self, operation: Operation) -> Reply:
        """Open a PaymentIntent; the shopper's browser may pay it with its client_secret."""
        try:
            opened = self._intents.create_async(
                {
                    "amount": words.units(operation.amount_minor, operation.currency),
                    "currency": operation.currency.lower(),
                    "capture_method": "manual" if operation.kind == "authorize" else "automatic",
                    "allowed_payment_method_types": ["card"],
                    "metadata": {words.REF: operation.idempotency_ref},
                },
                {"idempotency_key": operation.idempotency_ref},
            )
            intent = await _intent(opened)
        except words.AmountError:
            return Reply(outcome="failed", code="amount_not_payable")
        except stripe.InvalidRequestError as error:
            return Reply(outcome="failed", code=words.reason(error.code))
        return Reply(outcome="processing", reference=intent.id, client_secret=intent.client_secret)

    async def authorize(self, operation: Operation, token: str | None) -> Reply:
        """Confirm the PaymentIntent with a PaymentMethod (`pm_`) or `ctoken_` that the browser got from Stripe."""
        if operation.reference is None:
            return words.NEVER
        if token is None:
            return await self.query(operation)
        said = _means(token) | ({"return_url": operation.return_url} if operation.return_url else {})
        if not operation.attended:
            said["error_on_requires_action"] = True
        key = {"idempotency_key": f"{operation.idempotency_ref}:confirm"}
        try:
            intent = await _intent(self._intents.confirm_async(operation.reference, said, key))  # type: ignore[arg-type] # see _means
        except stripe.CardError as error:
            return await self._declined(operation.reference, error)
        except stripe.InvalidRequestError as error:
            known = await self.query(operation)  # the browser may have been first
            return await self._declined(operation.reference, error) if known == words.NEVER else known
        return await self._final(words.charged(intent), operation.reference)

    async def _declined(self, reference: str, error: stripe.CardError | stripe.InvalidRequestError) -> Reply:
        why = words.reason(error.code, error.error.decline_code if error.error else None)
        return await self._final(Reply(outcome="failed", code=why), reference)

    async def _final(self, reply: Reply, reference: str) -> Reply:
        """A decline is final with us: the browser, which has the secret, may not try another card (R-PAY-5)."""
        if reply.outcome == "failed":
            await self._cancel(reference)
        return reply

    async def _cancel(self, reference: str) -> None:
        try:
            await _intent(self._intents.cancel_async(reference, {}, {"idempotency_key": f"{reference}:cancel"}))
        except stripe.InvalidRequestError as error:
            if error.code != "payment_intent_unexpected_state":  # that is: there is nothing left to cancel
                raise

    async def capture(self, operation: Operation, authorization: str) -> Reply:
        """Take what was set aside; less than all of it lets the rest go."""
        amount = words.units(operation.amount_minor, operation.currency)
        try:
            taken = self._intents.capture_async(
                authorization,
                {"amount_to_capture": amount, "metadata": {words.CAPTURE_REF: operation.idempotency_ref}},
                {"idempotency_key": operation.idempotency_ref},
            )
            return words.captured(await _intent(taken), amount)
        except stripe.InvalidRequestError:
            known = words.captured(await self._read(authorization), amount)
            return Reply(outcome="failed", code="capture_refused") if known == words.NEVER else known

    async def void(self, operation: Operation, authorization: str) -> Reply:
        """Cancel the PaymentIntent: nothing of it can be taken, by nobody."""
        known = await self._read(authorization)
        if known.status not in {"canceled", "succeeded"}:
            metadata = {words.VOID_REF: operation.idempotency_ref}
            await _intent(self._intents.update_async(authorization, {"metadata": metadata}))
            await self._cancel(authorization)
            known = await self._read(authorization)
        return words.voided(known)

    async def refund(self, operation: Operation, captured: str) -> Reply:
        """Pay back to the card."""
        try:
            made = self._refunds.create_async(
                {
                    "payment_intent": captured,
                    "amount": words.units(operation.amount_minor, operation.currency),
                    "metadata": {words.REF: operation.idempotency_ref},
                },
                {"idempotency_key": operation.idempotency_ref},
            )
            return words.refunded(msgspec.convert((await _heard(made)).to_dict(), words.Refund))
        except (stripe.InvalidRequestError, stripe.CardError) as error:
            return Reply(outcome="failed", code=error.code or "refund_refused")

    async def pay_out(self, operation: Operation) -> Reply:
        """Refused: sellers have no accounts of theirs there."""
        return Reply(outcome="failed", code="no_account")

    async def query(self, operation: Operation) -> Reply:
        """What became of an operation: read from its PaymentIntent, or from the refunds of that."""
        if operation.reference is None:
            return words.NEVER
        if operation.kind == "refund":
            return await self._refund_of(operation.reference, operation.idempotency_ref)
        intent = await self._read(operation.reference)
        if intent.metadata.get(words.REF) == operation.idempotency_ref:
            return await self._final(words.charged(intent), intent.id)
        if operation.kind == "void":
            return words.voided(intent)
        return words.captured(intent, words.units(operation.amount_minor, operation.currency))

    async def _refund_of(self, reference: str, ref: str) -> Reply:
        found = await _all(self._refunds.list_async({"payment_intent": reference, "limit": 100}))
        refunds = [msgspec.convert(one, words.Refund) for one in found]
        return next((words.refunded(one) for one in refunds if (one.metadata or {}).get(words.REF) == ref), words.NEVER)

    async def _read(self, reference: str) -> words.PaymentIntent:
        return await _intent(self._intents.retrieve_async(reference))

    async def listed(self, since: datetime, until: datetime) -> list[Listed]:
        """What its events tell of a span; it keeps them for 30 days."""
        if since < datetime.now(UTC) - EVENTS_KEPT:
            raise ConnectionError("Stripe keeps its events for 30 days")
        told = self._events.list_async(
            {
                "types": [*EVENTS],
                "created": {"gte": int(since.timestamp()), "lt": int(until.timestamp())},
                "limit": 100,
            }
        )
        events = await _all(told)
        # The newest come first: of a refund the last word counts.
        found = [words.listed(one) for one in reversed(events) if one["type"] in EVENTS]
        return list({one.idempotency_ref: one for one in found if one}.values())

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """The signature by Stripe's SDK, no older than 300 seconds; which operation by the metadata of its object."""
        try:
            event = stripe.Webhook.construct_event(body, headers.get(self.signature_header), self._secret).to_dict()
            metadata = event["data"]["object"].get("metadata") or {}
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            raise SignatureInvalid from None
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            return Notice(event_id=f"unread_{sha256(body).hexdigest()}", unreadable=repr(error))
        if words.REF not in metadata:
            return Notice(event_id=event["id"], unreadable=f"{event['type']} names no operation of ours")
        return Notice(event_id=event["id"], idempotency_ref=metadata[words.REF])

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close_async()  # type: ignore[no-untyped-call] # the SDK leaves it untyped


def _means(token: str) -> dict[str, Any]:
    # A key that is chosen at run time: the SDK's TypedDict of a confirmation cannot say that.
    return {"confirmation_token" if token.startswith("ctoken_") else "payment_method": token}


async def _heard(call: Awaitable[Answer]) -> Answer:
    try:
        return await call
    except AWAY as error:
        raise ConnectionError(f"stripe: {type(error).__name__} {error.http_status or ''}") from error


async def _all(call: Awaitable[stripe.ListObject[Any]]) -> list[dict[str, Any]]:
    """Every page of a list."""
    try:
        return [one.to_dict() async for one in (await call).auto_paging_iter()]
    except AWAY as error:
        raise ConnectionError(f"stripe: {type(error).__name__} {error.http_status or ''}") from error


async def _intent(call: Awaitable[stripe.PaymentIntent]) -> words.PaymentIntent:
    return msgspec.convert((await _heard(call)).to_dict(), words.PaymentIntent)
