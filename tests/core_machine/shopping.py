"""Rules of shoppers: carts, coupons, checkout, payment by every test card, wallet and cash."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import rule

from api.payments.cards import CARDS
from tests import shop
from tests.core_machine.faults import Fault
from tests.core_machine.people import CURRENCY, SHOPS, Person
from tests.core_machine.steps import FAULT, ONE_OF_THREE, PICK, Steps, pick, some

TOKEN = st.one_of(st.just(shop.APPROVED), st.sampled_from([f"tok_{number}" for number in CARDS]))
METHOD = st.sampled_from(["card", "card", "card", "wallet", "cod"])
WAY = st.sampled_from([None, None, "royal mail/express"])
PRODUCT = st.integers(0, 2 * SHOPS - 1)
UNITS = st.integers(1, 5)
PRODUCTS = st.lists(PRODUCT, min_size=1, max_size=3, unique=True)


class Shopping(Steps):
    """What shoppers do until they have paid."""

    @rule(who=ONE_OF_THREE, product=PRODUCT, units=UNITS, fault=FAULT)
    def puts_in_cart(self, who: int, product: int, units: int, fault: Fault | None) -> None:
        """Units of one product."""
        self.put(self.core.people.shoppers[who], self.core.people.products[product], units, fault)

    def put(self, who: Person, product: UUID, units: int, fault: Fault | None = None) -> None:
        """Units into a cart."""
        self.call(who, "POST", "/cart/items", {"product_id": str(product), "quantity": units}, fault)

    @some("cart")
    @rule(number=PICK, units=st.integers(0, 5), fault=FAULT)
    def changes_line(self, number: int, units: int, fault: Fault | None) -> None:
        """More, fewer or none."""
        line = pick(self.seen.cart, number)
        who = next(one for one in self.core.people.shoppers if str(one.id) == line["user"])
        if units:
            self.call(who, "PATCH", f"/cart/items/{line['id']}", {"quantity": units}, fault)
        else:
            self.call(who, "DELETE", f"/cart/items/{line['id']}", None, fault)

    @some("promotions")
    @rule(who=ONE_OF_THREE, number=PICK, fault=FAULT)
    def puts_coupon_on(self, who: int, number: int, fault: Fault | None) -> None:
        """A code that is there, whether or not it applies."""
        code = pick(self.seen.promotions, number)["code"]
        if code:
            self.call(self.core.people.shoppers[who], "POST", "/cart/coupon", {"code": code}, fault)

    @rule(who=ONE_OF_THREE, method=METHOD, way=WAY, fault=FAULT)
    def checks_out(self, who: int, method: str, way: str | None, fault: Fault | None) -> None:
        """The cart becomes an order."""
        self.check_out(self.core.people.shoppers[who], method, way, fault)

    def check_out(
        self, who: Person, method: str, way: str | None = None, fault: Fault | None = None
    ) -> dict[str, Any] | None:
        """The new order, when there is one."""
        body = {"address": shop.ADDRESS, "payment_method": method, "shipping_option": way}
        answer = self.call(who, "POST", "/checkout", body, fault)
        order: dict[str, Any] | None = answer.body["order"] if answer.status == 201 else None
        return order

    @some("orders")
    @rule(number=PICK, token=TOKEN, fault=FAULT)
    def pays(self, number: int, token: str, fault: Fault | None) -> None:
        """By the method of the order."""
        order = pick(self.seen.orders, number)
        self.pay(self.buyer(order), order["id"], token, fault)

    def pay(self, who: Person, order_id: str, token: str, fault: Fault | None = None) -> None:
        """Begin and confirm."""
        begun = self.call(who, "POST", "/payments/intent", {"order_id": order_id}, fault and fault_of_begin(fault))
        if begun.status == 201:
            body = {"payment_id": begun.body["id"]}
            if begun.body["payment_method"] == "card":
                body["gateway_token"] = token
            self.call(who, "POST", "/payments/confirm", body, fault)

    @rule(who=ONE_OF_THREE, products=PRODUCTS, units=UNITS, method=METHOD, token=TOKEN)
    def buys(self, who: int, products: list[int], units: int, method: str, token: str) -> None:
        """All of it at once, of one to three products."""
        self.buy(self.core.people.shoppers[who], products, units, method, token)

    def buy(self, buyer: Person, products: list[int], units: int, method: str, token: str) -> dict[str, Any] | None:
        """Cart, checkout and payment; the order, when there is one."""
        for product in products:
            self.put(buyer, self.core.people.products[product], units)
        order = self.check_out(buyer, method)
        if order and order["status"] == "pending":
            self.pay(buyer, order["id"], token)
        return order

    @rule(who=ONE_OF_THREE, minor=st.integers(100, 9000), token=TOKEN, fault=FAULT)
    def fills_wallet(self, who: int, minor: int, token: str, fault: Fault | None) -> None:
        """From a card."""
        body = {"amount_minor": minor, "currency": CURRENCY, "gateway_token": token}
        self.call(self.core.people.shoppers[who], "POST", "/wallet/top-ups", body, fault)


def fault_of_begin(fault: Fault) -> Fault | None:
    """The intent is hit by one of two faults, the confirmation by both."""
    return fault if fault.at % 2 else None
