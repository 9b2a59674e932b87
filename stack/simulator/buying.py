"""The calls of a purchase, one function each: what visits and errands have in common. All raise RefusedError."""

import random
from uuid import UUID, uuid4

from atlantic_client.api.cart import add_cart_item, clear_cart
from atlantic_client.api.orders import cancel_order, checkout
from atlantic_client.api.payments import confirm_payment, create_payment_intent
from atlantic_client.api.shipping import get_shipping_rates
from atlantic_client.models import (
    Cancellation,
    Cart,
    Checkout,
    CheckoutAnswer,
    CheckoutPaymentMethod,
    CheckoutShippingOptionType1,
    Confirmation,
    Destination,
    Intent,
    NewCartItem,
    OrderAnswer,
    Product,
    Rates,
    RatesWanted,
    ShipTo,
)

from stack.simulator.people import Person, key

APPROVED, DECLINED = "tok_4242424242424242", "tok_4000000000000002"
ADDRESS = ShipTo(
    label="Home", province_id=826, city_id=1, district_id=1, subdistrict_id=1, province_name="United Kingdom",
    city_name="London", district_name="Camden", subdistrict_name="Bloomsbury", street="1 Gower Street",
    postal_code="WC1E 6BT",
)  # fmt: skip


async def add(shopper: Person, product: Product, quantity: int) -> Cart:
    """Put so many of a product into the cart; the cart after it."""
    item = NewCartItem(product_id=product.id, quantity=quantity)
    cart: Cart = await shopper.ask(add_cart_item.asyncio_detailed(client=shopper.api, body=item, idempotency_key=key()))
    return cart


async def empty(shopper: Person) -> None:
    """Take everything out of the cart."""
    await shopper.ask(clear_cart.asyncio_detailed(client=shopper.api, idempotency_key=key()))


async def check_out(
    shopper: Person, chance: random.Random, method: CheckoutPaymentMethod = "card", session: UUID | None = None
) -> OrderAnswer:
    """An order of the cart, sent in one of the ways for each seller's goods."""
    place = Destination(province_id=ADDRESS.province_id, city_id=ADDRESS.city_id)
    rates: Rates = await shopper.ask(
        get_shipping_rates.asyncio_detailed(client=shopper.api, body=RatesWanted(destination=place))
    )
    ways = {str(parcel.seller_id): chance.choice(parcel.options).code for parcel in rates.parcels}
    wanted = Checkout(
        address=ADDRESS, payment_method=method, session_id=session or uuid4(),
        shipping_option=CheckoutShippingOptionType1.from_dict(ways),
    )  # fmt: skip
    made: CheckoutAnswer = await shopper.ask(
        checkout.asyncio_detailed(client=shopper.api, body=wanted, idempotency_key=key())
    )
    return made.order


async def open_payment(shopper: Person, order: OrderAnswer) -> UUID:
    """Begin the payment of an order; its id."""
    wanted = Intent(order_id=order.id)
    opened = create_payment_intent.asyncio_detailed(client=shopper.api, body=wanted, idempotency_key=key())
    payment_id: UUID = (await shopper.ask(opened)).id
    return payment_id


async def pay(shopper: Person, order: OrderAnswer, card: str) -> None:
    """Begin and confirm it; a card is used by orders that want one. Declined: RefusedError("payment-declined")."""
    confirmation = Confirmation(payment_id=await open_payment(shopper, order))
    if order.payment_method == "card":
        confirmation.gateway_token = card
    await shopper.ask(confirm_payment.asyncio_detailed(client=shopper.api, body=confirmation, idempotency_key=key()))


async def cancel(shopper: Person, order_id: UUID) -> None:
    """Call an order off; what was paid goes back."""
    why = Cancellation(reason="customer_request")
    await shopper.ask(cancel_order.asyncio_detailed(order_id, client=shopper.api, body=why, idempotency_key=key()))
