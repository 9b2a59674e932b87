"""Sellers' own systems are told what they asked for: signed, each once, again until they take it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx2
import psycopg
import pytest
from standardwebhooks import Webhook

from api.webhooks.service.endpoints import MOST_ENDPOINTS
from tests import shop
from tests.api.reactor.order import order_of, reaches
from tests.api.webhooks.receiver import System, receiving
from tests.line import eventually

Database = psycopg.Connection[Any]


@pytest.fixture
def system() -> Iterator[System]:
    """The seller's system."""
    with receiving() as found:
        yield found


@pytest.fixture
def owner(api: str, category: str) -> Iterator[httpx2.Client]:
    """A seller of this test alone."""
    with closing(shop.seller(api)[0]) as client:
        yield client


def told_at(owner: httpx2.Client, system: System, *events: str) -> dict[str, Any]:
    """The seller's address of the system, for some events."""
    made = owner.post("/sellers/me/webhooks", json={"url": system.url, "events": events}).raise_for_status()
    answer: dict[str, Any] = made.json()
    return answer


def deliveries(owner: httpx2.Client, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    """What was told, the newest first."""
    found: list[dict[str, Any]] = owner.get(f"/sellers/me/webhooks/{endpoint['id']}/deliveries").json()["items"]
    return found


def test_a_system_is_told_of_an_order_once_and_can_prove_who_told_it(
    api: str, owner: httpx2.Client, system: System
) -> None:
    """The signature is that of Standard Webhooks; the body names no person and no sum."""
    endpoint = told_at(owner, system, "order.confirmed", "shipment.created")
    product = shop.product(owner, price=1200, stock=10)
    with closing(shop.account(api)) as buyer:
        order = order_of(buyer, product)
        shop.pay(buyer, order).raise_for_status()
        reaches(buyer, order, "processing")
    assert eventually(lambda: len(system.calls) == 2, within=20)
    (told,) = system.told("order.confirmed")
    assert told["data"] == {"order_id": order, "status": "paid"}
    for headers, body in system.calls:
        checked = Webhook(endpoint["secret"]).verify(body, headers)
        assert checked["event_id"] == headers["webhook-id"]
    assert eventually(lambda: all(each["last_status"] for each in deliveries(owner, endpoint)), within=20)
    listed = deliveries(owner, endpoint)
    assert sorted((each["event"], each["status"], each["last_status"], each["next_attempt_at"]) for each in listed) == [
        ("order.confirmed", "delivered", 200, None),
        ("shipment.created", "delivered", 200, None),
    ]


def test_another_sellers_system_hears_nothing_of_it(api: str, owner: httpx2.Client, system: System) -> None:
    """Nor does one that asked for something else (R-SEL-1)."""
    with receiving() as foreign, closing(shop.seller(api)[0]) as other:
        theirs = told_at(other, foreign, "product.updated")
        told_at(owner, system, "product.updated")
        quiet = told_at(owner, foreign, "payout.paid")
        product = shop.product(owner, price=100, stock=1)
        owner.patch(f"/products/{product}", json={"price_minor": 200}).raise_for_status()
        assert eventually(lambda: system.told("product.updated"), within=20)
        assert system.told("product.updated")[0]["data"]["changed"] == ["price_minor"]
        assert deliveries(other, theirs) == deliveries(owner, quiet) == []
        assert foreign.calls == []
        path = f"/sellers/me/webhooks/{theirs['id']}"
        assert owner.get(f"{path}/deliveries").status_code == 404
        assert owner.patch(path, json={"status": "disabled"}).status_code == 404
        assert owner.delete(path).status_code == owner.post(f"{path}/test").status_code == 404


def test_an_address_that_changed_meanwhile_stays(owner: httpx2.Client, system: System) -> None:
    """R-API-12: whoever is too late reads it again."""
    path = f"/sellers/me/webhooks/{told_at(owner, system, 'product.updated')['id']}"
    assert owner.patch(path, json={"events": ["payout.paid"], "expected_version": 1}).json()["version"] == 2
    late = owner.patch(path, json={"events": ["order.confirmed"], "expected_version": 1})
    assert (late.status_code, late.json()["current_version"]) == (409, 2)
    assert owner.get("/sellers/me/webhooks").json()["items"][0]["events"] == ["payout.paid"]


def test_what_is_not_taken_is_told_again_and_can_be_resent(owner: httpx2.Client, system: System, db: Database) -> None:
    """A redirect is no answer either: who is told is what the seller named."""
    system.answer = 307
    endpoint = told_at(owner, system, "product.updated")
    owner.post(f"/sellers/me/webhooks/{endpoint['id']}/test").raise_for_status()
    assert eventually(lambda: deliveries(owner, endpoint)[0]["last_status"] == 307, within=20)
    (waiting,) = deliveries(owner, endpoint)
    assert (waiting["status"], waiting["attempts"], waiting["last_error"]) == ("pending", 1, "answered 307")
    assert owner.get("/sellers/me/webhooks").json()["items"][0]["failing_since"]
    system.answer = 204
    again = f"/sellers/me/webhooks/{endpoint['id']}/deliveries/{waiting['id']}/resend"
    assert owner.post(again).json()["status"] == "pending"
    assert eventually(lambda: deliveries(owner, endpoint)[0]["status"] == "delivered", within=20)
    assert len({headers["webhook-id"] for headers, _ in system.calls}) == 1
    assert len(system.calls) == 2
    assert owner.get("/sellers/me/webhooks").json()["items"][0]["failing_since"] is None


def test_an_address_that_says_gone_is_not_called_again(owner: httpx2.Client, system: System) -> None:
    """Until its seller makes it active again; whoever asks for a call meanwhile is told so."""
    system.answer = 410
    endpoint = told_at(owner, system, "product.updated")
    path = f"/sellers/me/webhooks/{endpoint['id']}"
    owner.post(f"{path}/test").raise_for_status()
    assert eventually(lambda: deliveries(owner, endpoint)[0]["status"] == "failed", within=20)
    (shown,) = owner.get("/sellers/me/webhooks").json()["items"]
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "gone")
    (told,) = deliveries(owner, endpoint)
    assert told["next_attempt_at"] is None
    for asked in ("test", f"deliveries/{told['id']}/resend"):
        refused = owner.post(f"{path}/{asked}")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/webhook-disabled"), asked
    assert deliveries(owner, endpoint) == [told]
    system.answer = 200
    assert owner.patch(path, json={"status": "active"}).json()["disabled_reason"] is None
    owner.post(f"{path}/test").raise_for_status()
    assert eventually(lambda: deliveries(owner, endpoint)[0]["status"] == "delivered", within=20)


def test_one_that_fails_for_five_days_is_disabled(owner: httpx2.Client, system: System, db: Database) -> None:
    """Nobody is called for ever in vain."""
    system.answer = 500
    endpoint = told_at(owner, system, "product.updated")
    db.execute("UPDATE webhook_endpoints SET failing_since = now() - interval '6 days' WHERE id = %s", [endpoint["id"]])
    owner.post(f"/sellers/me/webhooks/{endpoint['id']}/test").raise_for_status()
    assert eventually(lambda: owner.get("/sellers/me/webhooks").json()["items"][0]["status"] == "disabled", within=20)


def test_an_address_taken_away_is_told_nothing(owner: httpx2.Client, system: System) -> None:
    """What waits for it waits for nobody; a repeat finds nothing."""
    endpoint = told_at(owner, system, "product.created")
    assert owner.delete(f"/sellers/me/webhooks/{endpoint['id']}").status_code == 204
    assert owner.delete(f"/sellers/me/webhooks/{endpoint['id']}").status_code == 404
    assert owner.get("/sellers/me/webhooks").json()["items"] == []
    with receiving() as later:
        told_at(owner, later, "product.created")
        shop.product(owner, price=100, stock=1)
        assert eventually(lambda: later.calls, within=20)
    assert system.calls == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "ftp://example.com/x"}, "body.url"),
        ({"url": "https://user:word@example.com/x"}, "body.url"),
        ({"url": "https://"}, "body.url"),
        ({"url": "https://[::1"}, "body.url"),
        ({"events": []}, "body.events"),
        ({"events": ["order.created"]}, "body.events.0"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(owner: httpx2.Client, change: dict[str, Any], field: str) -> None:
    """The field is named (R-API-3)."""
    body = {"url": "https://example.com/x", "events": ["order.confirmed"]} | change
    answer = owner.post("/sellers/me/webhooks", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_the_last_place_is_taken_once(owner: httpx2.Client) -> None:
    """Two at once for one place; an event that is named twice counts once."""
    body = {"url": "https://example.com/x", "events": ["order.confirmed", "order.confirmed"]}
    for _ in range(MOST_ENDPOINTS - 1):
        assert owner.post("/sellers/me/webhooks", json=body).json()["events"] == ["order.confirmed"]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: owner.post("/sellers/me/webhooks", json=body).status_code, range(4)))
    assert sorted(answers) == [201, 422, 422, 422]


def test_only_sellers_have_systems(api: str) -> None:
    """A shopper has none."""
    with closing(shop.account(api)) as shopper:
        assert shopper.get("/sellers/me/webhooks").status_code == 403


def test_deliveries_of_an_event_that_there_is_not_are_refused(owner: httpx2.Client, system: System) -> None:
    """R-API-3: with the events that there are, and that of tests, instead of an empty page."""
    endpoint = told_at(owner, system, "order.confirmed")
    path = f"/sellers/me/webhooks/{endpoint['id']}"
    owner.post(f"{path}/test").raise_for_status()
    for event, count in (("webhook.test", 1), ("order.confirmed", 0)):
        listed = owner.get(f"{path}/deliveries", params={"event": event}).raise_for_status()
        assert [one["event"] for one in listed.json()["items"]] == [event] * count
    refused = owner.get(f"{path}/deliveries", params={"event": "order.confirm"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "query.event"), refused.text
    assert "order.confirmed" in refused.json()["errors"][0]["message"]
