"""What the machine, or somebody who thought about it, found of cash at the door: none of it may come back."""

import pytest

from tests.core_machine.core import Core
from tests.core_machine.machine import Machine
from tests.core_machine.test_found import Story


@pytest.fixture
def story(core: Core) -> Story:
    """A run on the module's core."""
    Machine.core = core
    return Story()


def given_back(story: Story) -> int:
    """What went into the wallet of the shopper, who had paid at the door."""
    row = story.core.db.execute("SELECT coalesce(sum(balance_minor), 0)::bigint FROM wallets").fetchone()
    assert row
    return int(row[0])


def one_arrived(story: Story) -> int:
    """Two parcels for cash have left, and one has arrived, that of the newest line; which one is under way."""
    story.begin()
    story.sold(0, 2, method="cod")
    seller = story.seen.lines[-1]["seller"]
    arrived, other = sorted((0, 1), key=lambda number: story.seen.parcels[number]["seller"] != seller)
    story.reported(arrived, "picked_up", "delivered")
    story.reported(other, "picked_up")
    return other


def returned(story: Story, units: int | None, reason: str) -> None:
    """Units of what arrived, or everything, as the seller says."""
    story.asks_for_return(fault=None, line=0, number=0, reason=reason, units=units)
    story.holds_true()
    story.receives_return(0, accepted=True, restock=True, share=None, fault=None)
    story.settled()


@pytest.mark.parametrize(("reason", "payment"), [("changed_mind", "success"), ("defect", "refunded")])
def test_what_arrived_is_returned_and_the_rest_comes_back(story: Story, reason: str, payment: str) -> None:
    """R-PAY-9, R-PAY-11: the carrier took the cash of what arrived, so it is booked; for a defect all goes back."""
    other = one_arrived(story)
    returned(story, 2, reason)
    assert given_back(story) == 0
    story.reported(other, "returned_to_sender")
    assert story.now == ("returned", payment)
    taken = story.core.db.execute("SELECT captured_minor FROM payments").fetchall()
    goods = story.seen.lines[-1]["total"]
    assert given_back(story) == (goods if reason == "changed_mind" else taken[0][0])
    assert taken[0][0] > goods


@pytest.mark.parametrize("end", ["delivered", "returned_to_sender"])
def test_all_is_asked_back_while_a_parcel_is_under_way(story: Story, end: str) -> None:
    """R-PAY-9: what is not paid yet is not taken back, or its cash would be nobody's when it arrives after all."""
    other = one_arrived(story)
    returned(story, None, "changed_mind")
    assert given_back(story) == 0
    story.reported(other, end)
    story.receives_return(0, accepted=True, restock=True, share=None, fault=None)
    story.settled()
    arrived = story.seen.lines if end == "delivered" else story.seen.lines[-1:]
    assert given_back(story) == sum(line["total"] for line in arrived)
    assert story.now == ("returned", "success")


def test_nobody_took_the_goods(story: Story) -> None:
    """R-PAY-9: nothing was paid, so nothing is booked, and the payment is called off."""
    story.begin()
    story.sold(0, 2, method="cod")
    for parcel in (0, 1):
        story.reported(parcel, "picked_up", "returned_to_sender")
    assert story.now == ("returned", "cancelled")
    assert given_back(story) == 0
