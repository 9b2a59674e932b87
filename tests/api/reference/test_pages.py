"""What a person finds at the addresses that answers name (E-OPS-4, R-API-8)."""

from collections.abc import Iterator

import httpx2
import pytest

from api.reference import refusals


@pytest.fixture
def site(api: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=api) as client:
        yield client


def test_the_type_of_a_refusal_leads_to_words_about_it(site: httpx2.Client) -> None:
    """RFC 9457, 3.1.1."""
    refused = site.get("/v1/cart").json()
    page = site.get(refused["type"])
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert all(word in page.text for word in (refused["title"], "HTTP 401", "&quot;correlation_id&quot;"))


def test_every_problem_has_a_page(site: httpx2.Client) -> None:
    every = site.get("/problems").text
    for slug in refusals.known():
        assert f'"/problems/{slug}"' in every
        assert site.get(f"/problems/{slug}").status_code == 200


def test_nobody_is_told_of_what_is_no_problem(site: httpx2.Client) -> None:
    answer = site.get("/problems/%3Cscript%3E")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_the_root_leads_to_the_reference(site: httpx2.Client) -> None:
    answer = site.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/docs")
