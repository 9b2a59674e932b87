"""Times in requests: written out, and such that every store holds them."""

import json

import httpx2
import pytest

from api.signatures import sign
from tests import shop
from tests.api.base.operations import Operation

OUT_OF_TIME = [
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2300-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
]  # fmt: skip


@pytest.mark.parametrize("moment", [*OUT_OF_TIME, 1_795_319_890, "1795319890", "2026-11-21", "2026-11-21T08:00:00"])
def test_a_time_that_is_none_is_refused(seller: httpx2.Client, moment: object) -> None:
    """R-API-3, 1.2: by name, wherever one is given."""
    product = shop.product(seller, price=100, stock=1)
    advent = {"name": "Advent", "kind": "percent", "value_bp": 1000}
    refused = {
        "starts_at": seller.post("/promotions", json={**advent, "starts_at": moment}),
        "ends_at": seller.post("/promotions", json={**advent, "ends_at": moment}),
        "expires_at": seller.post(
            "/sellers/me/keys", json={"name": "k", "scopes": ["ledger:read"], "expires_at": moment}
        ),
        "as_of": seller.get(f"/inventory/{product}", params={"as_of": str(moment)}),
    }
    for field, answer in refused.items():
        assert answer.status_code == 422, (field, answer.text)
        assert answer.json()["errors"][0]["field"].endswith(field)


def test_the_first_and_the_last_day_are_taken(seller: httpx2.Client) -> None:
    """A time in any offset comes back in UTC."""
    advent = {"name": "Advent", "kind": "percent", "value_bp": 1000}
    made = seller.post(
        "/promotions", json={**advent, "starts_at": "1970-01-01T05:30:00+05:30", "ends_at": "2299-12-31T00:00:00Z"}
    )
    assert made.status_code == 201, made.text
    assert (made.json()["starts_at"], made.json()["ends_at"]) == (
        "1970-01-01T00:00:00.000Z",
        "2299-12-31T00:00:00.000Z",
    )


@pytest.mark.parametrize("moment", ["1", "2026-01-01T00:00:00"])
def test_every_time_that_a_call_asks_for_is_written_out(
    everybody: httpx2.Client, operations: list[Operation], moment: str
) -> None:
    """R-API-3, 1.2: nobody can tell whether a number is of seconds, nor where a clock without offset stands."""
    asked = [
        (each, place, name)
        for each in operations
        for (place, name), told in each.parameters.items()
        if "date-time" in json.dumps(told["schema"])
    ]
    assert len(asked) > 10
    for each, place, name in asked:
        answer = everybody.request(each.method, each.address, params={name: moment})
        fields = [entry["field"] for entry in answer.json().get("errors", [])]
        assert (answer.status_code, fields) == (422, [f"{place}.{name}"]), each.name


@pytest.mark.parametrize("moment", [1, 1_795_319_890, "1795319890", "2026-01-01T00:00:00"])
def test_a_carrier_says_when_it_was(api: str, env: dict[str, str], moment: object) -> None:
    """R-API-3, E-SHP-4: signed or not, by the same rule."""
    report = {"carrier": "Royal Mail", "tracking_number": "RM1", "provider_event_id": "e1", "status": "picked_up"}
    body = json.dumps({**report, "occurred_at": moment}).encode()
    answer = httpx2.post(
        f"{api}/v1/shipments/webhook", content=body, headers=sign(env["ATLANTIC_CARRIER_SECRET"], "e1", body)
    )
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["body.occurred_at"])
