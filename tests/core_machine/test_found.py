"""What the machine has found, step by step: none of it may come back."""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest

from tests import shop
from tests.core_machine import clock
from tests.core_machine.core import Core
from tests.core_machine.faults import Crash
from tests.core_machine.machine import Machine

REFUNDS_FAIL = "tok_4000000000005126"
CONFIRMED_LATE = "tok_4000000000003238"


class Story(Machine):
    """A run that a test tells."""

    def begin(self, capture: str = "at_confirm") -> None:
        """An empty shop."""
        self.begins(capture=capture)
        self.holds_true()

    def sold(self, *products: int, method: str = "card", token: str = shop.APPROVED) -> None:
        """A confirmed order of two units of each."""
        self.buys(who=0, products=[*products], units=2, method=method, token=token)
        self.settled()

    def reported(self, parcel: int, *said: str) -> None:
        """What the carrier says of a parcel of the order."""
        one = self.seen.parcels[parcel]
        if not one["number"]:
            self._name_carrier(one, None)
        for status in said:
            self._report(one, status, str(uuid4()))
        self.settled()

    def settled(self) -> None:
        """The reactor has handled what was told."""
        self.react()
        self.holds_true()

    def loses_answer(self, call: str, step: Callable[[], None]) -> None:
        """The gateway does it, and the process ends before it hears of that."""
        network = self.core.network
        does = getattr(network, call)

        async def dies(*args: object) -> None:
            await does(*args)
            raise Crash

        with patch.object(network, call, dies):
            step()
        self.holds_true()
        assert [one for one in self.seen.operations if one["status"] == "requested"]

    @property
    def now(self) -> tuple[str, str]:
        """The states of order and payment at the end of the story."""
        self.teardown()
        return self.seen.orders[0]["status"], self.seen.payments[0]["status"]


@pytest.fixture
def story(core: Core) -> Story:
    """A run on the module's core."""
    Machine.core = core
    return Story()


def test_the_last_parcel_under_way_comes_back_and_others_had_arrived(story: Story) -> None:
    """8.4, R-PAY-9: the order is delivered, and the cash of what arrived is taken."""
    story.begin()
    story.sold(0, 2, method="cod")
    for parcel, end in ((0, "delivered"), (1, "returned_to_sender")):
        story.reported(parcel, "picked_up")
        story.reported(parcel, end)
    assert story.now == ("delivered", "success")


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        (["delivery_failed", "out_for_delivery", "delivered"], ("delivered", "success")),
        (["returned_to_sender"], ("returned", "success")),
    ],
)
def test_a_carrier_that_keeps_the_pick_up_to_itself(story: Story, said: list[str], ends: tuple[str, str]) -> None:
    """R-SHP-2, 8.4: what is reported later implies that the parcel has left."""
    story.begin()
    story.sold(0)
    story.reported(0, *said)
    assert story.now == ends


def test_a_capture_that_was_lost_while_its_parcel_came_back(story: Story) -> None:
    """R-ORD-10, R-PAY-3: nobody took the goods, so the money goes back once it is known that it was taken."""
    story.begin("at_pick_up")
    story.sold(0)
    story.reported(0, "picked_up")
    story.loses_answer("capture", lambda: story.sweeps(None))
    story.reported(0, "returned_to_sender")
    assert story.now == ("returned", "refunded")


def test_a_part_whose_capture_was_lost_while_the_order_was_cancelled(story: Story) -> None:
    """R-ORD-10: the part goes back, the rest is let go."""
    story.begin("at_pick_up")
    story.sold(0)
    story.loses_answer("capture", lambda: story.captures(0, 0.5, None))
    story.cancels(0, "operator", None)
    story.holds_true()
    assert story.now == ("cancelled", "refunded")


def test_goods_came_back_before_it_was_known_that_they_were_paid(story: Story) -> None:
    """R-PAY-11: what the return promised goes back once the money is there."""
    story.begin("at_pick_up")
    story.sold(0)
    story.reported(0, "picked_up")
    story.loses_answer("capture", lambda: story.sweeps(None))
    story.reported(0, "delivered")
    story.asks_for_return(0, "defect", None, 0, None)
    story.holds_true()
    story.receives_return(0, True, True, None, None)
    story.holds_true()
    assert story.now == ("returned", "refunded")


def test_a_refund_that_fails_does_not_keep_the_rest_from_being_captured(story: Story) -> None:
    """R-PAY-16: part of the money was captured, the rest follows with the first parcel."""
    story.begin("at_pick_up")
    story.sold(0, token=REFUNDS_FAIL)
    _part_is_captured_and_not_refunded(story)
    story.reported(0, "picked_up")
    assert story.now == ("shipped", "success")


def test_a_refund_that_fails_does_not_keep_the_rest_from_being_let_go(story: Story) -> None:
    """R-PAY-16: the order was cancelled."""
    story.begin("at_pick_up")
    story.sold(0, token=REFUNDS_FAIL)
    story.captures(0, 0.5, None)
    story.holds_true()
    story.cancels(0, "operator", None)
    story.holds_true()
    assert story.now == ("cancelled", "success")


def test_a_gateway_tells_again_of_a_try_that_had_failed_while_the_next_is_under_way(story: Story) -> None:
    """R-PAY-6, R-PAY-12: only the try under way decides; its money is neither lost nor given twice."""
    story.begin()
    story.sold(0, token=REFUNDS_FAIL)
    story.asks_for_money(0, "operator", None, False, None)
    story.settled()
    clock.pass_by(story.core.db, timedelta(minutes=1))
    story.loses_answer("refund", lambda: story.sweeps(None))
    first, second = [one["ref"] for one in story.seen.operations if one["ref"].startswith("refund")]
    story.core.db.execute(
        "UPDATE card_network.operations SET outcome = 'succeeded' WHERE idempotency_ref = %s", [second]
    )
    story.core.call(story.core.notice(first))
    assert story.now == ("refunded", "refunded")


def test_shipping_that_the_platform_pays_stays_with_who_sent_goods_that_came_back(story: Story) -> None:
    """R-PRO-6, R-LED-5: the shopper had paid nothing for it, so no refund takes it back."""
    story.begin()
    story.promotes({"kind": "free_shipping"}, False, {"usage_limit": None, "per_user_limit": None}, False, 0)
    story.holds_true()
    story.sells(0, [0, 2, 4], 1, "card", ["returned_to_sender"] * 3)
    story.settled()
    assert story.now == ("returned", "refunded")


def _part_is_captured_and_not_refunded(story: Story) -> None:
    story.captures(0, 0.5, None)
    story.holds_true()
    story.asks_for_money(0, "operator", 0.3, False, None)
    story.rest()


def test_a_cart_that_an_operator_gave_back_is_bought_before_the_reactor_gives_it_back(story: Story) -> None:
    """R-CRT-5: it is not given back again, and the shopper can buy other things."""
    story.begin()
    story.puts_in_cart(who=0, product=0, units=1, fault=None)
    story.checks_out(who=0, method="card", way=None, fault=None)
    story.holds_true()
    for action in ("compensate", "resume"):
        story.rescues(number=0, action=action, fault=None)
        story.holds_true()
    story.checks_out(who=0, method="card", way=None, fault=None)
    story.holds_true()
    assert [order["status"] for order in story.seen.orders] == ["cancelled", "pending"]
    story.settled()
    story.buys(who=0, products=[1], units=1, method="card", token=shop.APPROVED)
    story.settled()
    assert [order["status"] for order in story.seen.orders] == ["cancelled", "pending", "processing"]


def test_a_parcel_comes_back_of_which_goods_were_asked_to_return(story: Story) -> None:
    """8.4: they did not arrive, so nobody decides; the order has ended, and all its goods are paid back."""
    story.begin()
    story.sold(0)
    story.reported(0, "picked_up")
    story.asks_for_return(fault=None, line=0, number=0, reason="missing", units=1)
    story.reported(0, "returned_to_sender")
    assert story.now == ("returned", "success")
    assert [row["status"] for row in story.seen.returns] == ["received", "received"]


def test_a_payment_runs_out_between_its_bank_and_its_gateway(story: Story) -> None:
    """9.4: what is called off before the gateway has answered sets no money aside afterwards; both lists say so."""
    story.begin("at_pick_up")
    story.buys(who=0, products=[0], units=1, method="card", token=CONFIRMED_LATE)
    story.answers_bank(number=0, approved=True)
    story.time_passes(span=timedelta(minutes=16))
    story.settled()
    assert story.now == ("cancelled", "expired")


def test_goods_for_cash_that_were_asked_to_return_come_back(story: Story) -> None:
    """R-PAY-9: nobody has paid for them, so the returns promise nothing."""
    story.begin()
    story.sold(0, 2, method="cod")
    story.reported(0, "picked_up")
    story.reported(1, "picked_up")
    story.asks_for_return(fault=None, line=1, number=0, reason="missing", units=1)
    story.reported(0, "returned_to_sender")
    story.reported(1, "delivered")
    assert story.now[0] == "delivered"
    promised = story.core.db.execute("SELECT status, refund_minor FROM order_returns").fetchall()
    assert promised == [("received", 0), ("received", 0)]


def test_goods_that_do_not_leave_are_complained_about(story: Story) -> None:
    """R-ORD-14, R-ORD-18: the other seller's parcel has left, so nobody may cancel."""
    story.begin()
    story.sold(0, 2)
    story.reported(0, "picked_up")
    story.complains(fault=None, number=0, kind="missing", line=None)
    story.settled()
    story.settles_complaint(fault=None, number=0, verdict="refund", share=None)
    story.settled()
    assert story.now == ("refunded", "refunded")
