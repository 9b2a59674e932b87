"""Rules for what follows a sale: cancellations, returns, complaints, refunds, stuck orders."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.core_machine.faults import Fault
from tests.core_machine.people import Person
from tests.core_machine.steps import FAULT, ONE_OF_THREE, PICK, SHARE, Steps, part, pick, some

REASONS = ["defect", "wrong_item", "damaged", "missing", "changed_mind", "other"]
WHO = st.sampled_from(["shopper", "seller", "operator"])


class AfterSale(Steps):
    """What the three sides do about an order that there is."""

    def _party(self, row: dict[str, Any], who: str) -> Person:
        if who == "operator":
            return self.core.people.operator
        if who == "shopper":
            return self.buyer(row)
        return self.seller(self.of(self.seen.lines, self.order_of(row))[0]["seller"])

    @some("orders")
    @rule(number=PICK, who=WHO, fault=FAULT)
    def cancels(self, number: int, who: str, fault: Fault | None) -> None:
        """Each party with its reason."""
        order = pick(self.seen.orders, number)
        reason = {"shopper": "customer_request", "seller": "seller_request", "operator": "fraud"}[who]
        self.call(self._party(order, who), "POST", f"/orders/{order['id']}/cancel", {"reason": reason}, fault)

    @some("orders")
    @rule(number=PICK, reason=st.sampled_from(REASONS), units=st.none() | st.integers(1, 3), line=ONE_OF_THREE,
          fault=FAULT)  # fmt: skip
    def asks_for_return(self, number: int, reason: str, units: int | None, line: int, fault: Fault | None) -> None:
        """Of everything, or of units of one line."""
        order = pick(self.seen.orders, number)
        body: dict[str, Any] = {"reason": reason}
        if units:
            one = pick(self.of(self.seen.lines, order), line)
            body["items"] = [{"order_item_id": one["id"], "quantity": min(units, one["quantity"])}]
        self.call(self.buyer(order), "POST", f"/orders/{order['id']}/return", body, fault)

    @some("returns")
    @rule(number=PICK, accepted=st.sampled_from([True, True, False]), restock=st.booleans(), share=SHARE, fault=FAULT)
    def receives_return(
        self, number: int, accepted: bool, restock: bool, share: float | None, fault: Fault | None
    ) -> None:
        """Accepted or not, fit for sale or not, for all of the money or less."""
        order = self.order_of(pick(self.seen.returns, number))
        body: dict[str, Any] = {"accepted": accepted, "restock": restock}
        if share:
            body["refund_minor"] = part(order["total"], share / 2)
        self.call(self.core.people.operator, "POST", f"/orders/{order['id']}/return/receive", body, fault)

    @some("orders")
    @rule(number=PICK, kind=st.sampled_from(["defect", "missing"]), line=st.none() | ONE_OF_THREE, fault=FAULT)
    def complains(self, number: int, kind: str, line: int | None, fault: Fault | None) -> None:
        """About the order or one line."""
        order = pick(self.seen.orders, number)
        body: dict[str, Any] = {"type": kind, "description": "It is broken."}
        if line is not None:
            body["order_item_id"] = pick(self.of(self.seen.lines, order), line)["id"]
        self.call(self.buyer(order), "POST", f"/orders/{order['id']}/complaint", body, fault)

    @some("complaints")
    @rule(number=PICK, verdict=st.sampled_from(["refund", "replacement", "store_credit", "rejected"]), share=SHARE,
          fault=FAULT)  # fmt: skip
    def settles_complaint(self, number: int, verdict: str, share: float | None, fault: Fault | None) -> None:
        """With each resolution."""
        order = self.order_of(pick(self.seen.complaints, number))
        body: dict[str, Any] = {"resolution_type": verdict}
        if share and verdict in ("refund", "store_credit"):
            body["amount_minor"] = part(order["total"], share)
        self.call(self.core.people.operator, "POST", f"/orders/{order['id']}/complaint/resolve", body, fault)

    @some("orders")
    @rule(number=PICK, who=WHO, share=SHARE, wallet=st.booleans(), fault=FAULT)
    def asks_for_money(self, number: int, who: str, share: float | None, wallet: bool, fault: Fault | None) -> None:
        """A shopper waits for a decision, the others need none."""
        order = pick(self.seen.orders, number)
        body = {"order_id": order["id"], "reason": "please", "target": "wallet" if wallet else "original",
                "amount_minor": part(order["total"], share)}  # fmt: skip
        self.call(self._party(order, who), "POST", "/refunds", body, fault)

    @some("refunds")
    @rule(number=PICK, decision=st.sampled_from(["approve", "approve", "reject", "retry"]), fault=FAULT)
    def decides_refund(self, number: int, decision: str, fault: Fault | None) -> None:
        """Of a shopper's wish, or of one that failed."""
        path = f"/refunds/{pick(self.seen.refunds, number)['id']}/decision"
        self.call(self.core.people.operator, "POST", path, {"decision": decision}, fault)

    @some("orders")
    @rule(number=PICK, action=st.sampled_from(["resume", "compensate"]), fault=FAULT)
    def rescues(self, number: int, action: str, fault: Fault | None) -> None:
        """An operator takes an order on, whether or not it is stuck."""
        order = pick(self.seen.orders, number)
        self.call(self.core.people.operator, "POST", f"/orders/{order['id']}/resume", {"action": action}, fault)
