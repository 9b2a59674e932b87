"""Seller accounts over HTTP."""

from contextlib import closing

import httpx2
import psycopg

from tests import shop


def profile(**changed: object) -> dict[str, object]:
    return {
        "display_name": "Blue Door", "legal_name": "Blue Door Ltd", "contact_email": "a@example.com",
        "contact_phone": "+442079460000", "currency": "GBP", **changed,
    }  # fmt: skip


def test_the_role_counts_at_once(shopper: httpx2.Client) -> None:
    """R-USR-12: the token that opened the account is a seller's from then on."""
    assert shopper.get("/sellers/me").status_code == 403
    opened = shopper.post("/sellers", json=profile(display_name="At Once")).raise_for_status().json()
    assert opened["status"] == "active"
    assert shopper.get("/sellers/me").json()["id"] == opened["id"]
    assert "seller" in shopper.get("/users/me").json()["roles"]


def test_one_account_a_user_and_one_name_a_platform(api: str, shopper: httpx2.Client) -> None:
    """E-SEL-1: seller-exists."""
    shopper.post("/sellers", json=profile(display_name="Only One")).raise_for_status()
    assert shopper.post("/sellers", json=profile(display_name="Another")).json()["type"] == "/problems/seller-exists"
    with closing(shop.account(api)) as other:
        assert other.post("/sellers", json=profile(display_name="ONLY ONE")).status_code == 409


def test_names_differ_in_more_than_capitals_of_any_alphabet(api: str, shopper: httpx2.Client) -> None:
    """E-SEL-1, E-SEL-2: neither is taken twice nor looked for in vain."""
    shop_id = shopper.post("/sellers", json=profile(display_name="Blå Dør")).raise_for_status().json()["id"]
    with closing(shop.account(api)) as other:
        assert other.post("/sellers", json=profile(display_name="BLÅ DØR")).status_code == 409
        assert [each["id"] for each in other.get("/sellers", params={"q": "BLÅ"}).json()["items"]] == [shop_id]


def test_what_is_not_public_is_for_the_owner(api: str, shopper: httpx2.Client) -> None:
    """E-SEL-4."""
    seller_id = shopper.post("/sellers", json=profile(display_name="Private")).json()["id"]
    assert "legal_name" in shopper.get(f"/sellers/{seller_id}").json()
    with closing(shop.account(api)) as other:
        assert "legal_name" not in other.get(f"/sellers/{seller_id}").json()


def test_a_seller_is_rated_by_all_that_was_bought(
    api: str, category: str, db: psycopg.Connection[tuple[object, ...]]
) -> None:
    """E-SEL-4, R-REV-3: everybody sees the mean of every star, not of the products' means; none before the first."""
    with closing(shop.seller(api)[0]) as owner, closing(shop.account(api)) as anybody:
        path = f"/sellers/{owner.headers['X-Seller']}"
        shown = anybody.get(path).raise_for_status().json()
        assert (shown["rating_average"], shown["rating_count"]) == (None, 0)
        for stars, count in ((5, 1), (8, 3)):
            given = [stars, count, shop.product(owner, price=100, stock=1)]
            db.execute("UPDATE products SET rating_sum = %s, rating_count = %s WHERE id = %s", given)
        for caller in (anybody, owner):
            shown = caller.get(path).raise_for_status().json()
            assert (shown["rating_average"], shown["rating_count"]) == ("3.25", 4)


def test_suspended_sellers_are_listed_for_operators_only(
    api: str, shopper: httpx2.Client, operator: httpx2.Client, db: psycopg.Connection[tuple[object, ...]]
) -> None:
    """E-SEL-2."""
    seller_id = shopper.post("/sellers", json=profile(display_name="Suspended One")).json()["id"]
    db.execute("UPDATE sellers SET status = 'suspended' WHERE id = %s", [seller_id])
    query = {"status": "suspended", "q": "suspended one"}
    assert [seller["id"] for seller in operator.get("/sellers", params=query).json()["items"]] == [seller_id]
    assert shopper.get("/sellers", params=query).json()["items"] == []
    with httpx2.Client() as anybody:
        assert anybody.get(f"{api}/v1/sellers/{seller_id}").status_code == 404
