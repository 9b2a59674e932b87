"""What follows an order: its parcels go their way, then it is reviewed, returned, complained about or paid back."""

import random
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from atlantic_client.api.orders import (
    create_complaint,
    get_order,
    receive_return,
    request_return,
    resolve_complaint,
    update_complaint,
)
from atlantic_client.api.payments import decide_refund, request_refund
from atlantic_client.api.reviews import create_review, delete_review, update_review
from atlantic_client.api.shipping import update_shipment
from atlantic_client.models import (
    ComplaintChange,
    NewComplaint,
    NewRefund,
    NewReturn,
    NewReview,
    OrderAnswer,
    ParcelChange,
    ParcelChangeStatus,
    Reception,
    RefundAnswer,
    RefundDecision,
    RefundDecisionDecision,
    ReturnItem,
    Review,
    ReviewChange,
    ShipmentSummary,
    Verdict,
    VerdictResolutionType,
)

from api.shipping.sandbox import NAME
from stack.simulator.merchants import Merchants
from stack.simulator.people import Person, RefusedError, key

MOST_ORDERS = 300
NEXT: Mapping[str, ParcelChangeStatus] = {
    "pending": "picked_up", "picked_up": "out_for_delivery", "in_transit": "out_for_delivery",
    "out_for_delivery": "delivered", "failed": "out_for_delivery",
}  # fmt: skip
UNDER_WAY = ("pending", "paid", "processing", "shipped")
VERDICTS: tuple[VerdictResolutionType, ...] = ("refund", "store_credit", "replacement")
CARRIERS = ("Royal Mail", "DHL", "UPS")
COMMENTS = (
    "Just as described, and it came quickly.", "Lovely, I would buy it again.", "Good for the price.",
    "Smaller than I thought.", "The colour is not quite that of the picture.",
)  # fmt: skip
RATINGS = ((5, 50), (4, 28), (3, 12), (2, 6), (1, 4))


@dataclass(frozen=True)
class Wishes:
    """How likely a shopper who has the goods does something about them; the rest is content in silence."""

    reviews: float = 0.45
    returns: float = 0.07
    complains: float = 0.06
    wants_money_back: float = 0.05
    changes_a_review: float = 0.15
    takes_a_review_back: float = 0.08
    shows_a_picture: float = 0.5


class Aftermath:
    """Orders that were paid, each taken one step further at a time."""

    def __init__(self, merchants: Merchants, chance: random.Random, tally: Counter[str]) -> None:
        self._merchants, self._chance, self._tally = merchants, chance, tally
        self._orders: deque[tuple[Person, UUID]] = deque(maxlen=MOST_ORDERS)
        self._wishes = Wishes()

    def follow(self, shopper: Person, order_id: UUID) -> None:
        """Look after an order from now on."""
        self._orders.append((shopper, order_id))

    async def step(self) -> None:
        """Take the order that waited longest one step further; refusals are counted and end it."""
        if not self._orders:
            return
        shopper, order_id = self._orders.popleft()
        try:
            if await self._further(shopper, order_id):
                self._orders.append((shopper, order_id))
        except RefusedError as refused:
            self._tally[f"after an order refused: {refused}"] += 1

    async def _further(self, shopper: Person, order_id: UUID) -> bool:
        """Whether there is more to come."""
        order: OrderAnswer = await shopper.ask(get_order.asyncio_detailed(str(order_id), client=shopper.api))
        if order.status in ("processing", "shipped"):
            for parcel in order.shipments or ():
                await self._send(parcel)
        elif order.status == "delivered":
            await self._judge(shopper, order)
        return order.status in UNDER_WAY

    async def _send(self, parcel: ShipmentSummary) -> None:
        """Sellers report for carriers that do not report by themselves."""
        seller = await self._merchants.of(parcel.seller_id)
        if seller is None or parcel.status not in NEXT or parcel.carrier == NAME:
            return
        told = ParcelChange(status=NEXT[parcel.status])
        if parcel.status == "pending":
            told.carrier = parcel.carrier or self._chance.choice(CARRIERS)
            told.tracking_number = uuid4().hex[:12].upper()
        await seller.ask(
            update_shipment.asyncio_detailed(parcel.id, client=seller.api, body=told, idempotency_key=key())
        )
        self._tally[f"parcels {NEXT[parcel.status].replace('_', ' ')}"] += 1

    async def _judge(self, shopper: Person, order: OrderAnswer) -> None:
        if self._chance.random() < self._wishes.reviews:
            await self._review(shopper, order)
        wish = self._chance.random()
        if wish < self._wishes.returns:
            await self._return(shopper, order)
        elif wish < self._wishes.returns + self._wishes.complains:
            await self._complain(shopper, order)
        elif wish < self._wishes.returns + self._wishes.complains + self._wishes.wants_money_back:
            await self._ask_back(shopper, order)

    async def _review(self, shopper: Person, order: OrderAnswer) -> None:
        (rating,) = self._chance.choices([value for value, _ in RATINGS], [weight for _, weight in RATINGS])
        review = NewReview(product_id=order.items[0].product_id, rating=rating)
        if self._chance.random() < 0.6:
            review.comment = self._chance.choice(COMMENTS)
        made: Review = await shopper.ask(create_review.asyncio_detailed(client=shopper.api, body=review))
        self._tally["reviews"] += 1
        thought = self._chance.random()
        if thought < self._wishes.changes_a_review:
            other = ReviewChange(rating=made.rating % 5 + 1, comment=self._chance.choice(COMMENTS))
            await shopper.ask(update_review.asyncio_detailed(made.id, client=shopper.api, body=other))
        elif thought < self._wishes.changes_a_review + self._wishes.takes_a_review_back:
            await shopper.ask(delete_review.asyncio_detailed(made.id, client=shopper.api))

    async def _return(self, shopper: Person, order: OrderAnswer) -> None:
        line = self._chance.choice(order.items)
        some = [ReturnItem(order_item_id=line.id, quantity=self._chance.randint(1, line.quantity))]
        back = NewReturn(reason="changed_mind", items=some)
        await shopper.ask(
            request_return.asyncio_detailed(order.id, client=shopper.api, body=back, idempotency_key=key())
        )
        self._tally["returns"] += 1
        seller = await self._merchants.of(line.seller_id)
        if seller:
            said = Reception(accepted=self._chance.random() < 0.85, restock=True)
            await seller.ask(
                receive_return.asyncio_detailed(order.id, client=seller.api, body=said, idempotency_key=key())
            )

    async def _complain(self, shopper: Person, order: OrderAnswer) -> None:
        line = self._chance.choice(order.items)
        said = NewComplaint(type_="damaged", description="It came in two pieces.", order_item_id=line.id)
        await shopper.ask(
            create_complaint.asyncio_detailed(order.id, client=shopper.api, body=said, idempotency_key=key())
        )
        self._tally["complaints"] += 1
        if self._chance.random() < self._wishes.shows_a_picture:
            more = ComplaintChange(evidence_urls=["https://pictures.example/broken.jpg"])
            await shopper.ask(
                update_complaint.asyncio_detailed(order.id, client=shopper.api, body=more, idempotency_key=key())
            )
        seller = await self._merchants.of(line.seller_id)
        if seller:
            verdict = Verdict(resolution_type=self._chance.choice(VERDICTS))
            await seller.ask(
                resolve_complaint.asyncio_detailed(order.id, client=seller.api, body=verdict, idempotency_key=key())
            )
            self._tally[f"complaints: {verdict.resolution_type.replace('_', ' ')}"] += 1

    async def _ask_back(self, shopper: Person, order: OrderAnswer) -> None:
        wanted = NewRefund(
            order_id=order.id, reason="It was cheaper elsewhere.", reason_code="customer_request",
            amount_minor=max(1, order.total_minor // 10),
        )  # fmt: skip
        asked = request_refund.asyncio_detailed(client=shopper.api, body=wanted, idempotency_key=key())
        refund: RefundAnswer = await shopper.ask(asked)
        self._tally["refunds asked for"] += 1
        concerned = {line.seller_id for line in order.items}
        seller = await self._merchants.of(concerned.pop())
        if seller and not concerned:  # what several sellers would pay is for operators to decide
            said: RefundDecisionDecision = "approve" if self._chance.random() < 0.7 else "reject"
            decision = RefundDecision(decision=said)
            await seller.ask(
                decide_refund.asyncio_detailed(refund.id, client=seller.api, body=decision, idempotency_key=key())
            )
