"""Makes sure that a seller's address leads out of our network, at the moment of the call (R-SEC-6).

The call goes to the very address that was looked at: a name that answers otherwise a moment later gains nothing.
"""

import asyncio
import socket
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

MOST_LOOKUP_S = 5


class Unreachable(Exception):  # noqa: N818 - a word for the delivery's log
    """The address may not be called, or leads nowhere."""


def refusal(url: str, *, inside: bool) -> str | None:
    """What is wrong with an address as it is written; `inside` allows http and our own network, for one machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no address"
    if parts.scheme not in (("http", "https") if inside else ("https",)):
        return "must begin with https://"
    if not parts.hostname or parts.username or parts.password or parts.fragment or port == 0:
        return "must be a host and a path, without a user, a password or a fragment"
    return None


async def resolved(url: str, *, inside: bool) -> tuple[str, str]:
    """The address with the host's number in place of its name, and the name; Unreachable."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    numbers = await _numbers(host, parts.port or (443 if parts.scheme == "https" else 80))
    if not inside and (wrong := [number for number in numbers if not _outside(number)]):
        raise Unreachable(f"{host} leads to {wrong[0]}, which is no public address")
    number = numbers[0]
    shown = f"[{number}]" if ":" in number else number
    place = f"{shown}:{parts.port}" if parts.port else shown
    return parts._replace(netloc=place).geturl(), host


async def _numbers(host: str, port: int) -> list[str]:
    try:
        async with asyncio.timeout(MOST_LOOKUP_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError) as error:
        raise Unreachable(f"{host} is not known") from error
    return [str(entry[4][0]) for entry in found]


def _outside(number: str) -> bool:
    address = ip_address(number.partition("%")[0])
    if isinstance(address, IPv6Address) and (within := address.ipv4_mapped or address.sixtofour or None):
        address = within
    return address.is_global and not address.is_multicast
