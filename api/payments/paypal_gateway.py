"""The gateway `paypal`, over PayPal's REST API: orders that the shopper approves on its pages.

An order is opened before it is paid, and its id kept. Money is first set aside, then taken, under request ids that
follow from our reference: PayPal answers a repeat with what it answered before. What moved carries our reference as its
invoice id.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from api.payments import paypal_webhooks as webhooks
from api.payments import paypal_words as words
from api.payments.gateway import Kind, Listed, Notice, Operation, Reply
from api.payments.paypal_http import PayPalHttp, RefusedError, read
from api.payments.paypal_lists import DELAY, transactions
from api.payments.paypal_objects import PART, AmountError, Movement, Order, money
from api.settings import GatewaySettings

ORDERS, PAYMENTS = "/v2/checkout/orders", "/v2/payments"


class PayPal:
    """PayPal's API with the credentials of one account; ConnectionError when it gives no answer that counts."""

    name = "paypal"
    prepares = True
    signature_header = "paypal-transmission-sig"
    lists: frozenset[Kind] = frozenset(("capture", "refund"))  # authorizations and voids move no money
    list_delay = DELAY

    def __init__(self, settings: GatewaySettings) -> None:
        self._http = PayPalHttp(settings)
        self._webhook_id = settings.paypal_webhook_id

    async def prepare(self, operation: Operation) -> Reply:
        """Open an order; the shopper approves it where `next_action` leads."""
        if not operation.attended:
            return Reply(outcome="failed", code="shopper_needed")
        try:
            opened = await self._http.post(ORDERS, _order(operation), operation.idempotency_ref)
        except AmountError:
            return Reply(outcome="failed", code="amount_not_payable")
        except RefusedError as error:
            return Reply(outcome="failed", code=words.reason(error.issue))
        order = read(opened, Order)
        return Reply(outcome="processing", reference=order.id, next_action=words.step(order))

    async def authorize(self, operation: Operation, token: str | None) -> Reply:
        """Set aside what the shopper approved there, and take it at once unless the kind is `authorize`."""
        order = await self._order(operation.reference)
        if order is None:
            return words.NEVER
        try:
            if order.status == "APPROVED" and order.authorization is None:
                path = f"{ORDERS}/{order.id}/authorize"
                order = read(await self._http.post(path, {}, f"{operation.idempotency_ref}:authorize"), Order)
            if words.charged(order, operation).approved and order.authorization:
                await self._capture(order.authorization, operation, last=True)
                order = await self._order(order.id) or order
        except RefusedError as error:
            return await self._refused(operation, error)
        return await self._final(order, words.charged(order, operation))

    async def _refused(self, operation: Operation, error: RefusedError) -> Reply:
        """Its word for why, unless the order says better what became of it."""
        order = await self._order(operation.reference)
        known = words.charged(order, operation) if order else words.NEVER
        if error.issue == "ORDER_NOT_APPROVED" or known.outcome in {"succeeded", "failed"}:
            return known
        if error.issue in words.AT_ONCE:
            return Reply(outcome="unknown")
        refused = Reply(outcome="failed", code=words.reason(error.issue))
        return await self._final(order, refused) if order else refused

    async def _final(self, order: Order, reply: Reply) -> Reply:
        """A decline is final with us: what was set aside for it is let go (R-PAY-5)."""
        aside = order.authorization
        if reply.outcome == "failed" and aside and aside.status == "CREATED":
            await self._let_go(aside, order)
        return reply

    async def capture(self, operation: Operation, authorization: str) -> Reply:
        """Take what was set aside, or a part of it; the rest stays."""
        order = await self._order(authorization)
        aside = order.authorization if order else None
        if order is None or aside is None:
            return words.GONE
        known = words.captured(order, operation.idempotency_ref)
        if known != words.NEVER:
            return known
        try:
            taken = await self._capture(aside, operation, last=operation.amount_minor >= order.left)
        except RefusedError as error:
            return Reply(outcome="failed", code=words.reason(error.issue))
        return words.moved(taken, taken.id)

    async def _capture(self, aside: Movement, operation: Operation, *, last: bool) -> Movement:
        said: dict[str, Any] = {
            "amount": money(operation.amount_minor, operation.currency),
            "final_capture": last,
        }
        if aside.ref != operation.idempotency_ref:  # what it says no other name for has that of the order
            said["invoice_id"] = operation.idempotency_ref
        path = f"{PAYMENTS}/authorizations/{aside.id}/capture"
        return read(await self._http.post(path, said, f"{operation.idempotency_ref}:capture"), Movement)

    async def void(self, operation: Operation, authorization: str) -> Reply:
        """Let go what was set aside; an order that was never taken lapses by itself, and nobody but us can take it."""
        order = await self._order(authorization)
        known = words.voided(order)
        aside = order.authorization if order else None
        return await self._let_go(aside, order) if known == words.NEVER and aside and order else known

    async def _let_go(self, aside: Movement, order: Order) -> Reply:
        try:
            await self._http.post(f"{PAYMENTS}/authorizations/{aside.id}/void", {})
        except RefusedError as error:
            if error.issue != "PREVIOUSLY_VOIDED":
                return Reply(outcome="failed", code=words.reason(error.issue))
        return Reply(outcome="succeeded", reference=order.id)

    async def refund(self, operation: Operation, captured: str) -> Reply:
        """Pay back out of the captures; what an earlier try of the same refund paid is not paid again."""
        order = await self._order(captured)
        if order is None:
            return words.GONE
        made = order.made.refunds
        shares = words.refundable(order, operation.idempotency_ref, operation.amount_minor)
        before = len(words.same_refund(made, operation.idempotency_ref))
        try:
            for number, (capture, part) in enumerate(shares, before):
                name = operation.idempotency_ref + (f"{PART}{number}" if number else "")
                said = {"amount": money(part, operation.currency), "invoice_id": name}
                path = f"{PAYMENTS}/captures/{capture}/refund"
                made = [*made, read(await self._http.post(path, said, name), Movement)]
        except RefusedError as error:
            return Reply(outcome="failed", code=words.reason(error.issue))
        reply = words.refunded(made, operation)
        return Reply(outcome="failed", code="refund_amount_exceeded") if reply == words.NEVER else reply

    async def pay_out(self, operation: Operation) -> Reply:
        """Refused: sellers have no accounts of theirs there."""
        return Reply(outcome="failed", code="no_account")

    async def query(self, operation: Operation) -> Reply:
        """What became of an operation, read from its order."""
        order = await self._order(operation.reference)
        if operation.kind == "void":
            return words.voided(order) if operation.reference else words.NEVER
        if order is None:
            return words.NEVER
        if operation.kind == "refund":
            return words.refunded(order.made.refunds, operation)
        if operation.idempotency_ref.startswith("capture:"):
            return words.captured(order, operation.idempotency_ref)
        return await self._final(order, words.charged(order, operation))

    async def _order(self, reference: str | None) -> Order | None:
        found = await self._http.get(f"{ORDERS}/{quote(reference, safe='')}") if reference else None
        return read(found, Order) if found else None

    async def listed(self, since: datetime, until: datetime) -> list[Listed]:
        """Payments and refunds of a span; PayPal lists them up to three hours late."""
        return words.listed(await transactions(self._http, since, until))

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """PayPal is asked whether it signed this; which operation by the invoice id of what moved."""
        return await webhooks.verify(self._http, self._webhook_id, headers, body)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.close()


def _order(operation: Operation) -> dict[str, Any]:
    amount = money(operation.amount_minor, operation.currency)
    ends: dict[str, Any] = {"return_url": operation.return_url, "cancel_url": operation.return_url}
    pages = {
        "user_action": "PAY_NOW",
        "shipping_preference": "NO_SHIPPING",
        "payment_method_preference": "IMMEDIATE_PAYMENT_REQUIRED",
    }
    return {
        "intent": "AUTHORIZE",
        "purchase_units": [{"amount": amount, "invoice_id": operation.idempotency_ref}],
        "payment_source": {"paypal": {"experience_context": pages | (ends if operation.return_url else {})}},
    }
