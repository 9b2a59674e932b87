"""Rules of sellers and operators: stock, prices, promotions, parcels, captures, payouts, holds of other processes."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import rule

from api import signatures
from api.shipping.states import STATUS_OF
from tests.core_machine.calls import Call
from tests.core_machine.faults import Fault
from tests.core_machine.people import CURRENCY
from tests.core_machine.shopping import PRODUCT
from tests.core_machine.steps import FAULT, ONE_OF_THREE, PICK, SHARE, Steps, part, pick, some

MOST_PROMOTIONS = 3
GIVEN = st.one_of(
    st.just({"kind": "free_shipping"}),
    st.builds(lambda value: {"kind": "percent", "value_bp": value}, st.sampled_from([1, 700, 1234, 10_000])),
    st.builds(
        lambda value: {"kind": "fixed", "value_minor": value, "currency": CURRENCY}, st.sampled_from([1, 700, 5000])
    ),
)
LIMITS = st.fixed_dictionaries({
    "usage_limit": st.sampled_from([None, 1, 2]), "per_user_limit": st.sampled_from([None, 1])
})  # fmt: skip
SAID = ("packing", "picked_up", "out_for_delivery", "delivered", "returned_to_sender", "cancelled")
REPORTS = [*STATUS_OF]

ENDS = st.lists(st.sampled_from(["delivered", "delivered", "returned_to_sender"]), min_size=3, max_size=3)


class Selling(Steps):
    """What sellers and operators do beside shoppers."""

    @rule(what=st.sampled_from(["adjust", "count", "price"]), product=PRODUCT, number=st.integers(1, 12), fault=FAULT)
    def tends_shop(self, what: str, product: int, number: int, fault: Fault | None) -> None:
        """Goods are found or lost, counted, or cost more or less."""
        operator, of = self.core.people.operator, self.core.people.products[product]
        if what == "adjust":
            body = {"quantity": number - 6 or 1, "reason": "adjusted"}
            self.call(operator, "POST", f"/inventory/{of}", body, fault)
        elif what == "count":
            self.call(operator, "PUT", f"/products/{of}/inventory", {"on_hand": number}, fault)
        else:
            owner = self.core.people.sellers[product // 2]
            self.call(owner, "PATCH", f"/products/{of}", {"price_minor": 1 + number * 101}, fault)

    @rule(given=GIVEN, coupon=st.booleans(), limits=LIMITS, by_seller=st.booleans(), who=ONE_OF_THREE)
    def promotes(self, given: dict[str, Any], coupon: bool, limits: dict[str, Any], by_seller: bool, who: int) -> None:
        """A coupon or one that applies by itself, paid by the platform or a seller; of three, one goes on or off."""
        if len(self.seen.promotions) >= MOST_PROMOTIONS:
            self._turn(pick(self.seen.promotions, who))
            return
        body = {"name": "Less", "status": "active", **given, **limits}
        if coupon:
            body["code"] = f"LESS-{len(self.seen.promotions)}"
        seller = self.core.people.sellers[who]
        if by_seller:
            body |= {"scope": "seller", "scope_id": str(seller.seller_id)}
        self.call(seller if by_seller else self.core.people.operator, "POST", "/promotions", body)

    def _turn(self, promotion: dict[str, Any]) -> None:
        status = "paused" if promotion["status"] == "active" else "active"
        self.call(self.core.people.operator, "PATCH", f"/promotions/{promotion['id']}", {"status": status})

    @some("parcels")
    @rule(number=PICK, said=st.sampled_from(SAID), fault=FAULT)
    def reports_parcel(self, number: int, said: str, fault: Fault | None) -> None:
        """The seller says where the parcel is."""
        parcel = pick(self.seen.parcels, number)
        self.call(self.seller(parcel["seller"]), "PATCH", f"/shipments/{parcel['id']}", {"status": said}, fault)

    @some("parcels")
    @rule(number=PICK, said=st.sampled_from(REPORTS), first=st.booleans(), event=st.integers(0, 9), fault=FAULT)
    def carrier_reports(self, number: int, said: str, first: bool, event: int, fault: Fault | None) -> None:
        """The carrier says it, before or after the seller has named the carrier, in any order, and twice."""
        parcel = pick(self.seen.parcels, number)
        if not (parcel["number"] or first):
            self._name_carrier(parcel, None)
        self._report(parcel, said, f"evt_{parcel['id']}_{event}", fault)
        if not parcel["number"] and first:
            self._name_carrier(parcel, fault)

    def _name_carrier(self, parcel: dict[str, Any], fault: Fault | None) -> None:
        named = {"carrier": "Royal Mail", "tracking_number": parcel["id"]}
        self.call(self.seller(parcel["seller"]), "PATCH", f"/shipments/{parcel['id']}", named, fault)

    def _report(self, parcel: dict[str, Any], said: str, event: str, fault: Fault | None = None) -> None:
        body = orjson.dumps({
            "carrier": "Royal Mail", "tracking_number": parcel["id"], "provider_event_id": event, "status": said,
            "occurred_at": datetime.now(UTC),
        })  # fmt: skip
        signed = signatures.sign(self.core.settings.carrier_secret, f"msg_{uuid4()}", body)
        self.core.call(Call("POST", "/shipments/webhook", body=body, headers=tuple(signed.items())), fault)

    @some("parcels")
    @rule(number=PICK, ends=ENDS)
    def sends_order(self, number: int, ends: list[str]) -> None:
        """Every parcel leaves, and arrives or comes back."""
        self.send(self.order_of(pick(self.seen.parcels, number)), ends)

    def send(self, order: dict[str, Any], ends: list[str]) -> None:
        """Have an order's parcels leave and end."""
        parcels = self.of(self.seen.parcels, order)
        for parcel, end in zip(parcels, ends, strict=False):
            if not parcel["number"]:
                self._name_carrier(parcel, None)
            for said in ("picked_up", end):
                self._report(parcel, said, str(uuid4()))

    @some("payments")
    @rule(number=PICK, share=SHARE, fault=FAULT)
    def captures(self, number: int, share: float | None, fault: Fault | None) -> None:
        """An operator takes what was set aside, or part of it."""
        payment = pick(self.seen.payments, number)
        body = {"amount_minor": part(payment["amount"], share)}
        self.call(self.core.people.operator, "POST", f"/payments/{payment['id']}/capture", body, fault)

    @rule(who=ONE_OF_THREE, minor=st.sampled_from([1, 913, 500, 2000, 5000]), fault=FAULT)
    def pays_seller(self, who: int, minor: int, fault: Fault | None) -> None:
        """A payout, also one that the network refuses."""
        path = f"/sellers/{self.core.people.sellers[who].seller_id}/payouts"
        self.call(self.core.people.operator, "POST", path, {"amount_minor": minor, "currency": CURRENCY}, fault)

    @rule(product=PRODUCT, units=st.integers(1, 5), number=PICK, released=st.booleans(), fault=FAULT)
    def holds(self, product: int, units: int, number: int, released: bool, fault: Fault | None) -> None:
        """Another process holds units for an order that is not ours, or gives them back."""
        orders = {order["id"] for order in self.seen.orders}
        others = [hold for hold in self.seen.holds if hold["order"] not in orders]
        if released and others:
            path, body = "/inventory/release", {"reservation_id": pick(others, number)["id"]}
        else:
            path = "/inventory/reserve"
            body = {"order_id": str(uuid4()), "ttl_s": 60,
                    "items": [{"product_id": str(self.core.people.products[product]), "quantity": units}]}  # fmt: skip
        self.call(self.core.people.operator, "POST", path, body, fault)
