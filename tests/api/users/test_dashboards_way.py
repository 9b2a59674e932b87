"""The dashboards' way in, against the api itself: both steps, and what they make of refusals."""

from collections.abc import Iterator

import httpx2
import pytest

from dashboards.sessions import CodeNeededError, CodeRefusedError, RefusedError, Sessions
from dashboards.settings import dashboard_settings
from tests import shop
from tests.api.users.app import App
from tests.api.users.post import wrong

HERE = "127.0.0.1"


@pytest.fixture
def held(api: str, env: dict[str, str]) -> Iterator[Sessions]:
    """Sessions of a dashboards' process."""
    dashboard_settings.cache_clear()
    with httpx2.Client(base_url=api, timeout=20) as client:
        yield Sessions(dashboard_settings(), client)
    dashboard_settings.cache_clear()


def step(held: Sessions, shopper: httpx2.Client) -> str:
    with pytest.raises(CodeNeededError) as needed:
        held.sign_in(shopper.headers["X-Person"], shop.PASSWORD, HERE)
    return needed.value.challenge


def test_they_ask_for_a_code_where_there_is_a_second_factor(held: Sessions, shopper: httpx2.Client) -> None:
    """ASVS-6.3.3, ASVS-6.3.4, R-ANA-14: a recovery code serves as well; what is no code at all is a wrong one."""
    me = shopper.get("/users/me").json()["id"]
    assert held.current(held.sign_in(shopper.headers["X-Person"], shop.PASSWORD, HERE))
    app = App(shopper)
    challenge = step(held, shopper)
    for code in (wrong(app.code()), "12", "no-code"):
        with pytest.raises(CodeRefusedError):
            held.prove(challenge, code, HERE)
    spaced = f"{app.code(1)[:3]} {app.code(1)[3:]}"
    for tokens in (
        held.prove(challenge, spaced, HERE),
        held.prove(step(held, shopper), app.recovery_codes[0], HERE),
    ):
        found = held.current(tokens)
        assert found
        assert str(found[0].user_id) == me
    with pytest.raises(RefusedError, match="took too long"):
        held.prove(challenge, app.recovery_codes[1], HERE)
    with pytest.raises(RefusedError, match="do not belong together"):
        held.sign_in(shopper.headers["X-Person"], "wrong password", HERE)
