"""A merchant's account at PayPal as its documents tell: orders, and money set aside, taken and given back."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from itertools import count
from typing import Any

Thing = dict[str, Any]
Answer = tuple[int, Thing | None]
Tell = Callable[[str, Thing], None]

WHOLE = frozenset(("HUF", "JPY", "TWD"))


class RefusedError(Exception):
    """What is asked is understood and cannot be: 422 with the issue, or 404."""

    def __init__(self, issue: str, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> None:
        super().__init__(issue)
        self.issue, self.status = issue, status


class Account:
    """What PayPal keeps; `tell` sends a webhook of an event and its resource.

    `declines`: the issue with which the next money is refused. `waits`: the next capture is decided later. `ends_as`:
    the state in which the next capture or refund ends.
    """

    def __init__(self, address: str, tell: Tell) -> None:
        self._address, self._tell, self._numbers = address, tell, count(1)
        self.orders: dict[str, Thing] = {}
        self.declines: str | None = None
        self.ends_as: str | None = None

    def open(self, said: Thing) -> Answer:
        """Create an order that waits for its payer."""
        (unit,) = said["purchase_units"]
        _payable(unit["amount"])
        order = {
            "id": self._id("O"),
            "intent": said["intent"],
            "status": "PAYER_ACTION_REQUIRED",
            "purchase_units": [unit | {"reference_id": "default"}],
        }
        page = f"{self._address}/checkoutnow?token={order['id']}"
        order["links"] = [{"href": page, "rel": "payer-action", "method": "GET"}]
        self.orders[order["id"]] = order
        return HTTPStatus.OK, order

    def read(self, order_id: str) -> Answer:
        """An order with all that moved."""
        return HTTPStatus.OK, self._order(order_id)

    def approve(self, order_id: str) -> None:
        """What the payer does on PayPal's page."""
        order = self._order(order_id)
        order["status"] = "APPROVED"
        self._tell("CHECKOUT.ORDER.APPROVED", order)

    def authorize(self, order_id: str) -> Answer:
        """Set the money of an approved order aside."""
        order = self._order(order_id)
        if order["intent"] != "AUTHORIZE":
            raise RefusedError("ACTION_DOES_NOT_MATCH_INTENT")
        if _made(order, "authorizations"):
            raise RefusedError("ORDER_ALREADY_AUTHORIZED")
        if order["status"] != "APPROVED":
            raise RefusedError("ORDER_NOT_APPROVED")
        self._declined()
        unit = order["purchase_units"][0]
        aside = self._moved("A", unit["amount"], unit["invoice_id"], "CREATED")
        _made(order, "authorizations").append(aside)
        order["status"] = "COMPLETED"
        self._tell("PAYMENT.AUTHORIZATION.CREATED", aside)
        return HTTPStatus.CREATED, order

    def capture(self, authorization_id: str, said: Thing) -> Answer:
        """Take money that is set aside, or a part of it."""
        order, aside = self._find("authorizations", authorization_id)
        if aside["status"] in {"VOIDED", "CAPTURED"}:
            raise RefusedError(
                {"VOIDED": "AUTHORIZATION_VOIDED", "CAPTURED": "AUTHORIZATION_ALREADY_CAPTURED"}[aside["status"]]
            )
        captures = _made(order, "captures")
        amount: Thing = said.get("amount") or aside["amount"]
        _payable(amount)
        if _sum(captures) + Decimal(amount["value"]) > Decimal(aside["amount"]["value"]):
            raise RefusedError("MAX_CAPTURE_AMOUNT_EXCEEDED")
        name: str = said.get("invoice_id") or aside["invoice_id"]
        if any(one["invoice_id"] == name and one["status"] != "DECLINED" for one in captures):
            raise RefusedError("DUPLICATE_INVOICE_ID")
        self._declined()
        taken = self._moved("C", amount, name, self._ends("COMPLETED"), ("authorizations", authorization_id))
        taken["final_capture"] = said.get("final_capture", False)
        captures.append(taken)
        if taken["status"] != "DECLINED":
            aside["status"] = "CAPTURED" if taken["final_capture"] else "PARTIALLY_CAPTURED"
        self._tell(f"PAYMENT.CAPTURE.{taken['status']}", taken)
        return HTTPStatus.CREATED, taken

    def decide(self, order_id: str, status: str) -> None:
        """A capture that waited ends."""
        taken = _made(self._order(order_id), "captures")[-1]
        taken["status"] = status
        self._tell(f"PAYMENT.CAPTURE.{status}", taken)

    def void(self, authorization_id: str) -> Answer:
        """Let go what is set aside."""
        _, aside = self._find("authorizations", authorization_id)
        if aside["status"] in {"VOIDED", "CAPTURED"}:
            raise RefusedError({"VOIDED": "PREVIOUSLY_VOIDED", "CAPTURED": "PREVIOUSLY_CAPTURED"}[aside["status"]])
        aside["status"] = "VOIDED"
        self._tell("PAYMENT.AUTHORIZATION.VOIDED", aside)
        return HTTPStatus.OK, aside

    def refund(self, capture_id: str, said: Thing) -> Answer:
        """Give money back out of one capture."""
        order, taken = self._find("captures", capture_id)
        refunds = _made(order, "refunds")
        if taken["status"] == "PENDING":
            raise RefusedError("PENDING_CAPTURE")
        amount: Thing = said.get("amount") or taken["amount"]
        _payable(amount)
        standing = [one for one in refunds if one["status"] != "FAILED" and _of(one) == capture_id]
        back = _sum(standing) + Decimal(amount["value"])
        if back > Decimal(taken["amount"]["value"]):
            raise RefusedError("CAPTURE_FULLY_REFUNDED" if taken["status"] == "REFUNDED" else "REFUND_AMOUNT_EXCEEDED")
        self._declined()
        made = self._moved("R", amount, said.get("invoice_id", ""), self._ends("COMPLETED"), ("captures", capture_id))
        refunds.append(made)
        if made["status"] != "FAILED":
            taken["status"] = "REFUNDED" if back == Decimal(taken["amount"]["value"]) else "PARTIALLY_REFUNDED"
        self._tell("PAYMENT.CAPTURE.REFUNDED", made)
        return HTTPStatus.CREATED, made

    def transactions(self, since: datetime, until: datetime) -> list[Thing]:
        """What changed the balance in a span."""
        moves = [
            (code, one)
            for order in self.orders.values()
            for kind, code in (("captures", "T0006"), ("refunds", "T1107"))
            for one in _made(order, kind)
        ]
        return [_line(code, one) for code, one in moves if since <= datetime.fromisoformat(one["create_time"]) < until]

    def _declined(self) -> None:
        issue, self.declines = self.declines, None
        if issue:
            raise RefusedError(issue)

    def _ends(self, state: str) -> str:
        ends, self.ends_as = self.ends_as or state, None
        return ends

    def _order(self, order_id: str) -> Thing:
        if order_id not in self.orders:
            raise RefusedError("INVALID_RESOURCE_ID", HTTPStatus.NOT_FOUND)
        return self.orders[order_id]

    def _find(self, kind: str, wanted: str) -> tuple[Thing, Thing]:
        for order in self.orders.values():
            for one in _made(order, kind):
                if one["id"] == wanted:
                    return order, one
        raise RefusedError("INVALID_RESOURCE_ID", HTTPStatus.NOT_FOUND)

    def _moved(self, letter: str, amount: Thing, name: str, status: str, up: tuple[str, str] | None = None) -> Thing:
        links = [{"href": f"{self._address}/v2/payments/{'/'.join(up)}", "rel": "up", "method": "GET"}] if up else []
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "id": self._id(letter), "status": status, "amount": dict(amount), "invoice_id": name, "create_time": now,
            "links": links,
        }  # fmt: skip

    def _id(self, letter: str) -> str:
        return f"{next(self._numbers):016d}{letter}"


def _payable(amount: Thing) -> None:
    value = Decimal(amount["value"])
    if value <= 0:
        raise RefusedError("CANNOT_BE_ZERO_OR_NEGATIVE")
    if -int(value.as_tuple().exponent) > (0 if amount["currency_code"] in WHOLE else 2):
        raise RefusedError("DECIMAL_PRECISION")


def _made(order: Thing, kind: str) -> list[Thing]:
    found: list[Thing] = order["purchase_units"][0].setdefault("payments", {}).setdefault(kind, [])
    return found


def _sum(movements: list[Thing]) -> Decimal:
    return sum((Decimal(one["amount"]["value"]) for one in movements if one["status"] != "DECLINED"), Decimal())


def _of(refund: Thing) -> str:
    return str(refund["links"][0]["href"]).rpartition("/")[2]


def _line(code: str, one: Thing) -> Thing:
    minus = "-" if code == "T1107" else ""
    amount = one["amount"] | {"value": minus + one["amount"]["value"]}
    states = {"PENDING": "P", "DECLINED": "D", "FAILED": "D"}
    info = {
        "transaction_id": one["id"], "transaction_event_code": code, "transaction_amount": amount,
        "transaction_status": states.get(one["status"], "S"), "transaction_initiation_date": one["create_time"],
        "invoice_id": one["invoice_id"],
    }  # fmt: skip
    return {"transaction_info": info}
