"""Times in requests: written out, and such that every store holds them."""

import httpx2
import pytest

from tests import shop

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
