"""Sellers and the platform's admin: what they list, change and pay out."""

from uuid import uuid4

from atlantic_client.api.catalog import (
    create_category,
    create_product,
    delete_category,
    delete_product,
    update_category,
)
from atlantic_client.api.ledger import create_payout, get_seller_balance
from atlantic_client.api.promotions import list_promotions, update_promotion
from atlantic_client.api.sellers import update_seller
from atlantic_client.models import (
    BalancesAnswer,
    Category,
    CategoryChange,
    NewCategory,
    NewPayout,
    NewProduct,
    PageUnionPromotionPublicPromotion,
    ProductPage,
    Promotion,
    PromotionChange,
    SellerChange,
)

from stack.simulator.errands.hands import Hands
from stack.simulator.people import key
from stack.simulator.visit import COUPON

NAMES = ("Ten percent to begin with", "Ten percent for you")
REFUSED_PAYOUT = 913
"""The test gateway pays no amount that ends in it."""


async def list_and_withdraw(hands: Hands) -> None:
    """A product that was listed by mistake."""
    other, seller = await hands.sold()
    listed = NewProduct(
        sku=f"sample-{uuid4().hex[:12]}", name="Sample, not for sale", category_id=other.category_id, price_minor=100
    )
    made: ProductPage = await seller.ask(create_product.asyncio_detailed(client=seller.api, body=listed))
    await seller.ask(delete_product.asyncio_detailed(made.id, client=seller.api))


async def be_warned_sooner(hands: Hands) -> None:
    """Another count of units from which a seller wants to hear that something runs low."""
    product, seller = await hands.sold()
    change = SellerChange(low_stock_threshold=hands.chance.randint(6, 20))  # it is 5 as long as nobody says so
    await seller.ask(update_seller.asyncio_detailed(product.seller_id, client=seller.api, body=change))


async def tidy_up_categories(hands: Hands) -> None:
    """One is made, renamed, and not needed after all."""
    admin, name = hands.admin, f"Seasonal {uuid4().hex[:6]}"
    made: Category = await admin.ask(create_category.asyncio_detailed(client=admin.api, body=NewCategory(name=name)))
    renamed = CategoryChange(name=f"{name}, reduced")
    await admin.ask(update_category.asyncio_detailed(made.id, client=admin.api, body=renamed))
    await admin.ask(delete_category.asyncio_detailed(made.id, client=admin.api))


async def reword_the_coupon(hands: Hands) -> None:
    """The platform's coupon under another name."""
    admin = hands.admin
    listed = list_promotions.asyncio_detailed(client=admin.api, limit=100)
    found: PageUnionPromotionPublicPromotion = await admin.ask(listed)
    for ours in found.items:
        if isinstance(ours, Promotion) and ours.code == COUPON:
            change = PromotionChange(name=next(name for name in NAMES if name != ours.name))
            await admin.ask(
                update_promotion.asyncio_detailed(ours.id, client=admin.api, body=change, idempotency_key=key())
            )


async def pay_a_seller(hands: Hands) -> None:
    """A part of what is due; and an amount that the bank refuses."""
    admin, seller_id = hands.admin, hands.product().seller_id
    due: BalancesAnswer = await admin.ask(get_seller_balance.asyncio_detailed(seller_id, client=admin.api))
    for balance in due.items:
        for amount in (1_000, REFUSED_PAYOUT):
            if isinstance(balance.due_minor, int) and balance.due_minor >= 2 * amount:
                wish = NewPayout(amount_minor=amount, currency=balance.currency)
                await admin.ask(
                    create_payout.asyncio_detailed(seller_id, client=admin.api, body=wish, idempotency_key=key())
                )
