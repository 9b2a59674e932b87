"""A shopping day by the generated client alone, as an integrator writes it; `mypy --strict` reads this file as well."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID, uuid4

from atlantic_client import AuthenticatedClient, Client
from atlantic_client.api.accounts import register
from atlantic_client.api.cart import add_cart_item, apply_coupon
from atlantic_client.api.catalog import create_product, list_categories, list_products
from atlantic_client.api.inventory import adjust_stock
from atlantic_client.api.ledger import get_seller_statements
from atlantic_client.api.notifications import list_notifications, mark_notification_read
from atlantic_client.api.orders import checkout, get_order, receive_return, request_return
from atlantic_client.api.payments import confirm_payment, create_payment_intent, decide_refund, request_refund
from atlantic_client.api.promotions import create_promotion
from atlantic_client.api.search import search_products
from atlantic_client.api.sellers import create_seller
from atlantic_client.api.shipping import get_shipment_tracking, update_shipment
from atlantic_client.models import (
    Checkout,
    Confirmation,
    Coupon,
    Intent,
    NewCartItem,
    NewProduct,
    NewPromotion,
    NewRefund,
    NewReturn,
    NewSeller,
    OrderAnswer,
    ParcelChange,
    Problem,
    Reception,
    RefundDecision,
    Register,
    ReturnItem,
    ShipTo,
    StockChange,
)

T = TypeVar("T")
APPROVED, PATIENCE_S = "tok_4242424242424242", 60.0
HOME = ShipTo(
    province_id=31, city_id=3171, district_id=1, subdistrict_id=1, province_name="Greater London", city_name="London",
    district_name="Camden", subdistrict_name="Bloomsbury", street="1 Great Russell Street", postal_code="WC1B 3DG",
)  # fmt: skip


class RefusedError(Exception):
    """The API answered with a problem."""


@dataclass(frozen=True)
class Shop:
    """A seller with one product on the shelf and a coupon of ten percent."""

    client: AuthenticatedClient
    seller_id: UUID
    product_id: UUID
    coupon: str


def taken(answer: T | Problem | None) -> T:
    """What was asked for; RefusedError with the reason."""
    if answer is None or isinstance(answer, Problem):
        raise RefusedError(answer.detail if answer else "an answer that the document does not know")
    return answer


def new_account(address: str, password: str) -> AuthenticatedClient:
    """A new account, signed in."""
    person = Register(
        email=f"{uuid4()}@example.com", password=password, first_name="Ann", last_name="Smith", phone="+442079460123"
    )
    with Client(base_url=address) as anybody:
        session = taken(register.sync(client=anybody, body=person))
    return AuthenticatedClient(base_url=address, token=session.access_token)


def open_shop(address: str, password: str) -> Shop:
    """A new seller, who lists a teapot, receives some, and gives a coupon."""
    owner, name, code = new_account(address, password), uuid4().hex[:8].upper(), f"TEN-{uuid4().hex[:8].upper()}"
    profile = NewSeller(
        display_name=f"Shop {name}", legal_name="Shop Ltd", contact_email="shop@example.com",
        contact_phone="+442079460199", currency="GBP",
    )  # fmt: skip
    seller = taken(create_seller.sync(client=owner, body=profile))
    category = taken(list_categories.sync(client=owner)).items[0]
    teapot = NewProduct(sku=f"TEA-{name}", name="Blue willow teapot", category_id=category.id, price_minor=2450)
    product = taken(create_product.sync(client=owner, body=teapot))
    stock = taken(adjust_stock.sync(product.id, client=owner, body=StockChange(quantity=10)))
    assert stock.on_hand == 10
    offer = NewPromotion(name="Ten percent", kind="percent", code=code, value_bp=1000, status="active")
    taken(create_promotion.sync(client=owner, body=offer))
    return Shop(owner, seller.id, product.id, code)


def buy(shopper: AuthenticatedClient, shop: Shop) -> OrderAnswer:
    """Two teapots, found, put into the cart with the coupon, ordered and paid; the order as it is with the seller."""
    taken(search_products.sync(client=shopper, q="teapot", x_session_id=str(uuid4())))
    (found,) = taken(list_products.sync(client=shopper, seller_id=shop.seller_id)).items
    taken(add_cart_item.sync(client=shopper, body=NewCartItem(product_id=found.id, quantity=2)))
    cart = taken(apply_coupon.sync(client=shopper, body=Coupon(code=shop.coupon)))
    assert (cart.subtotal_minor, cart.discount_minor) == (4900, 490)
    wish = Checkout(address=HOME, cart_version=cart.version)
    order = taken(checkout.sync(client=shopper, body=wish, idempotency_key=str(uuid4()))).order
    again = Checkout(address=HOME)
    assert isinstance(checkout.sync(client=shopper, body=again), Problem)
    intent = taken(create_payment_intent.sync(client=shopper, body=Intent(order_id=order.id)))
    card = Confirmation(payment_id=intent.id, gateway_token=APPROVED)
    assert taken(confirm_payment.sync(client=shopper, body=card)).status == "success"
    return reaches(shopper, order.id, "processing")


def deliver(shop: Shop, order: OrderAnswer) -> list[str]:
    """The parcel is taken to the shopper; what was reported of it."""
    (parcel,) = order.shipments or []
    taken(update_shipment.sync(parcel.id, client=shop.client, body=ParcelChange(status="picked_up")))
    taken(update_shipment.sync(parcel.id, client=shop.client, body=ParcelChange(status="delivered")))
    history = taken(get_shipment_tracking.sync(parcel.id, client=shop.client))
    return [str(report.status) for report in history.items]


def give_back(shopper: AuthenticatedClient, shop: Shop, order: OrderAnswer) -> int:
    """One teapot goes back, and a pound for a dented box; what was refunded."""
    one = ReturnItem(order_item_id=order.items[0].id, quantity=1)
    taken(request_return.sync(order.id, client=shopper, body=NewReturn(reason="changed_mind", items=[one])))
    taken(receive_return.sync(order.id, client=shop.client, body=Reception(restock=True)))
    pound = NewRefund(order_id=order.id, amount_minor=100, reason="The box was dented.")
    asked = taken(request_refund.sync(client=shopper, body=pound))
    taken(decide_refund.sync(asked.id, client=shop.client, body=RefundDecision(decision="approve")))
    return refunded(shopper, order.id)


def reads_a_message(shopper: AuthenticatedClient) -> bool:
    """The newest of the inbox is marked as read, for which nothing has to be sent."""
    newest = until(lambda: taken(list_notifications.sync(client=shopper, unread=True, limit=1)).items)[0]
    read: bool = taken(mark_notification_read.sync(newest.id, client=shopper)).read
    return read


def due(shop: Shop) -> int:
    """What the seller is due after this month."""
    month = datetime.now(UTC).strftime("%Y-%m")
    (statement,) = taken(get_seller_statements.sync(shop.seller_id, client=shop.client, month=month)).items
    closing: int = statement.closing_minor
    return closing


def reaches(client: AuthenticatedClient, order_id: UUID, status: str) -> OrderAnswer:
    """The order, as soon as it has a status."""

    def look() -> OrderAnswer | None:
        order = taken(get_order.sync(str(order_id), client=client))
        return order if order.status == status else None

    return until(look)


def refunded(client: AuthenticatedClient, order_id: UUID) -> int:
    """What was given back of an order, once both refunds are through."""

    def look() -> int:
        payment = taken(get_order.sync(str(order_id), client=client)).payment
        assert payment, "it was paid"
        back: int = payment.refunded_minor
        return back if back > 2205 else 0

    return until(look)


def until(look: Callable[[], T | None]) -> T:
    """Look until something is there; AssertionError when nothing came in a minute."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.1)  # the API tells nobody: an integrator asks again
    return found
