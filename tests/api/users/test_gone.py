"""Calls that were let in, and whose account was erased before they did anything."""

import httpx2
import psycopg
import pytest

from tests import shop

PASSWORD = {"password": shop.PASSWORD}
SHOP = {
    "display_name": "Too late",
    "legal_name": "L",
    "contact_email": "a@example.com",
    "contact_phone": "+442079460000",
}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/users/me", None),
        ("PATCH", "/users/me", {"first_name": "Q"}),
        ("PATCH", "/users/me", {"email": "q@example.com", "current_password": shop.PASSWORD}),
        ("DELETE", "/users/me", PASSWORD),
        ("POST", "/users/me/addresses", shop.ADDRESS),
        ("POST", "/users/me/second-factor", PASSWORD),
        ("POST", "/auth/otp/send", {"type": "email"}),
        ("POST", "/auth/otp/verify", {"type": "email", "code": "123456"}),
        ("POST", "/auth/password/reset", {"current_password": shop.PASSWORD, "new_password": "purple monkey 77 dish"}),
        ("POST", "/sellers", SHOP),
    ],
)
def test_whoever_is_nobody_any_more_is_told_so(
    shopper: httpx2.Client, db: psycopg.Connection[tuple[object, ...]], method: str, path: str, body: object
) -> None:
    """R-USR-6, R-USR-15: as of a moment later; it was an error of ours, or a thing that is not there."""
    db.execute(
        "DELETE FROM credentials WHERE user_id = (SELECT id FROM users WHERE email = %s)", [shopper.headers["X-Person"]]
    )
    answer = shopper.request(method, path, json=body)
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/token-revoked")
