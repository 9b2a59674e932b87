"""Which passwords are taken."""

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests import shop
from tests.api.users.post import Codes, ask
from tests.api.users.test_sessions import person

LONG = "a sentence that nobody would think of, 64 letters or more of it, \u00fcn\u00efc\u00f6de too " + "x" * 40


def registered(api: str, **changed: object) -> httpx2.Response:
    return httpx2.post(f"{api}/v1/auth/register", json=person(**changed), timeout=20)


def refusal(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 422, answer.text
    (wrong,) = answer.json()["errors"]
    return dict(wrong)


@pytest.mark.parametrize(
    "password",
    ["password", "12345678", "qwertyuiop", "iloveyou1", "trustno1", "Passw0rd", "abcdabcdabcd", "aaaaaaaaaaaa"],
)
def test_what_leaked_or_follows_a_pattern_is_refused(api: str, password: str) -> None:
    """ASVS-6.2.4, ASVS-6.2.12: by name, with the mend; also as a new password."""
    wrong = refusal(registered(api, password=password))
    assert (wrong["field"], wrong["code"]) == ("body.password", "password_weak")
    assert "Several words" in wrong["message"]


@pytest.mark.parametrize(
    "password", ["atlantic1", "Atlantic2026", "operator12", "marjolein1", "zuiderveld", "jansen77"]
)
def test_our_words_and_the_owners_make_no_password(api: str, password: str) -> None:
    """ASVS-6.2.11: the platform's name, the owner's, the e-mail."""
    about = {"first_name": "Marjolein", "last_name": "Zuiderveld", "email": f"q.jansen+{uuid4().hex[:6]}@example.com"}
    assert refusal(registered(api, password=password, **about))["code"] == "password_weak"


@pytest.mark.parametrize(
    "password",
    ["correct horse battery", "k3v9zq1w", "kelp orbit", "\u4e0d\u6b62\u4e00\u8f86\u6c7d\u8f66\u5728\u8def\u4e0a", LONG],
)
def test_no_kind_of_character_is_asked_for(api: str, password: str) -> None:
    """ASVS-6.2.5, ASVS-6.2.9: small letters alone, spaces, other alphabets, long ones."""
    session = registered(api, password=password)
    assert session.status_code == 201, session.text
    login = {"email": session.json()["user"]["email"], "password": password}
    assert httpx2.post(f"{api}/v1/auth/login", json=login, timeout=20).status_code == 200


def test_a_password_is_compared_as_it_came(api: str) -> None:
    """ASVS-6.2.8: neither its case nor its blanks nor its end are dropped."""
    secret = " Kelp orbit lantern " + "z" * 80
    mail = registered(api, password=secret).raise_for_status().json()["user"]["email"]
    tried = [secret, secret.strip(), secret.lower(), secret[:72], secret + "z"]
    body = [{"email": mail, "password": each} for each in tried]
    answers = [httpx2.post(f"{api}/v1/auth/login", json=each, timeout=20).status_code for each in body]
    assert answers == [200, 401, 401, 401, 401]


@pytest.mark.parametrize(("password", "taken"), [("k3v9zq1", False), ("k3v9zq1w", True), ("kv" + "z9" * 64, False)])
def test_a_password_has_8_to_128_characters(api: str, password: str, taken: bool) -> None:
    """ASVS-6.2.1, E-USR-1."""
    assert (registered(api, password=password).status_code == 201) is taken


def test_a_new_password_is_held_to_the_same(api: str, shopper: httpx2.Client, codes: Codes) -> None:
    """ASVS-6.2.2, ASVS-6.2.3, ASVS-6.3.4: by the present one and by a code."""
    mail = shopper.headers["X-Person"]
    proofs = [{"current_password": shop.PASSWORD}, {"email": mail, "code": ask(shopper, codes, "password_reset", mail)}]
    for client, proof in zip((shopper, httpx2.Client(base_url=f"{api}/v1", timeout=20)), proofs, strict=True):
        wrong = refusal(client.post("/auth/password/reset", json={**proof, "new_password": "password1"}))
        assert (wrong["field"], wrong["code"]) == ("body.new_password", "password_weak")
    client.post("/auth/password/reset", json={**proof, "new_password": "kelp orbit lantern"}).raise_for_status()
    client.close()
