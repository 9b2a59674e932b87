"""Shoppers who think again, forget to pay, want what is not there, read their messages, or leave for good."""

import asyncio
from uuid import uuid4

from atlantic_client.api.accounts import delete_me
from atlantic_client.api.cart import remove_cart_item, update_cart_item
from atlantic_client.api.notifications import list_notifications, mark_notification_read
from atlantic_client.models import Cart, CartItemChange, Erase, Inbox

from stack.simulator import buying
from stack.simulator.errands.hands import Hands
from stack.simulator.people import Person, RefusedError, key

REFUNDS_FAIL = "tok_4000000000005126"
BOUNCING = "bounce+{}@simulated.example"
"""Mail to such addresses comes back."""
LOOKS_AROUND_S = 3.0
"""Meanwhile the welcome is sent; what was not sent yet is withdrawn with the account."""


async def think_again(hands: Hands) -> None:
    """One more of it, and then rather none."""
    shopper = hands.shopper
    await buying.empty(shopper)
    cart = await buying.add(shopper, hands.product(), 1)
    item, more = cart.items[0].id, CartItemChange(quantity=2)
    cart = await shopper.ask(
        update_cart_item.asyncio_detailed(item, client=shopper.api, body=more, idempotency_key=key())
    )
    await shopper.ask(remove_cart_item.asyncio_detailed(item, client=shopper.api, idempotency_key=key()))


async def forget_to_pay(hands: Hands) -> None:
    """An order whose payment is begun and never confirmed: it ends with its hold."""
    await buying.empty(hands.shopper)
    await buying.add(hands.shopper, hands.product(), 1)
    await buying.open_payment(hands.shopper, await buying.check_out(hands.shopper, hands.chance))


async def fill_the_next_cart(hands: Hands) -> None:
    """The card is declined when the next cart has something in it: both become one cart again."""
    await buying.empty(hands.shopper)
    await buying.add(hands.shopper, hands.product(), 1)
    order = await buying.check_out(hands.shopper, hands.chance)
    await buying.add(hands.shopper, hands.product(), 1)
    try:
        await buying.pay(hands.shopper, order, buying.DECLINED)
    except RefusedError as refused:
        if str(refused) != "payment-declined":
            raise


async def cancel_what_cannot_be_repaid(hands: Hands) -> None:
    """The bank takes no money back for this card: tried again, and then told to those who can see to it."""
    await buying.empty(hands.shopper)
    await buying.add(hands.shopper, hands.product(), 1)
    order = await buying.check_out(hands.shopper, hands.chance)
    await buying.pay(hands.shopper, order, REFUNDS_FAIL)
    await buying.cancel(hands.shopper, order.id)


async def read_messages(hands: Hands) -> None:
    """The newest that was not read."""
    api = hands.shopper.api
    inbox: Inbox = await hands.shopper.ask(list_notifications.asyncio_detailed(client=api, unread=True, limit=1))
    for message in inbox.items:
        await hands.shopper.ask(mark_notification_read.asyncio_detailed(message.id, client=api))


async def leave_for_good(hands: Hands) -> None:
    """Somebody whose mail comes back opens an account, and has it erased."""
    password = f"{uuid4()}"
    person = Person(hands.lines, hands.tally, BOUNCING.format(uuid4().hex), password)
    await person.register("Robin", "Passer-By")
    await asyncio.sleep(LOOKS_AROUND_S)
    await person.ask(delete_me.asyncio_detailed(client=person.api, body=Erase(password=password)))


async def want_the_last(hands: Hands) -> None:
    """It is counted, and nothing is left, between cart and checkout; later there is some again."""
    product, seller = await hands.sold()
    await buying.empty(hands.shopper)
    cart: Cart = await buying.add(hands.shopper, product, 1)
    await hands.merchants.clear(product, seller)
    try:
        for call in (buying.add(hands.shopper, product, 1), buying.check_out(hands.shopper, hands.chance)):
            try:
                await call
            except RefusedError as refused:
                hands.tally[f"too late for {len(cart.items)}: {refused}"] += 1
    finally:
        await hands.merchants.receive(product, seller)
