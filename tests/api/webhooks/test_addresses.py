"""A seller's address leads out of our network or is not called (R-SEC-6)."""

import pytest

from api.webhooks.addresses import Unreachable, refusal, resolved


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://127.0.0.1@example.com/",
        "https://example.com:0/",
        "https://example.com/#part",
        "gopher://example.com/",
        "https:///path",
        "https://example.com:99999/",
    ],
)
def test_what_is_plainly_no_address_of_a_system_is_refused(url: str) -> None:
    """As it is written, before anything is called (R-SEC-6)."""
    assert refusal(url, inside=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.0.0.5", "192.168.1.1", "169.254.169.254", "0", "100.64.0.1", "localhost",
        "[::1]", "[::ffff:127.0.0.1]", "[fd00::1]", "[fe80::1]", "[2002:7f00:1::]", "224.0.0.1", "2130706433", "0x7f.1",
    ],
)  # fmt: skip
async def test_addresses_of_our_own_network_are_not_called(host: str) -> None:
    """In whatever way they are written: loopback, private, link-local, mapped, multicast (R-SEC-6)."""
    assert refusal(f"https://{host}/", inside=False) is None
    with pytest.raises(Unreachable):
        await resolved(f"https://{host}/", inside=False)


async def test_the_number_that_was_looked_at_is_the_one_that_is_called() -> None:
    """A name that answers otherwise a moment later gains nothing (R-SEC-6)."""
    assert await resolved("https://93.184.215.14:8443/x?y=1", inside=False) == (
        "https://93.184.215.14:8443/x?y=1",
        "93.184.215.14",
    )
    url, name = await resolved("http://localhost:7400/x", inside=True)
    assert name == "localhost"
    assert url in ("http://127.0.0.1:7400/x", "http://[::1]:7400/x")
