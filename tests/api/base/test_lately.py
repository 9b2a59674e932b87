"""Answers that may be a second old."""

import asyncio

import pytest

from api import lately
from api.lately import Lately


class Shop:
    """A price that changes, read slowly, under a clock of its own."""

    def __init__(self) -> None:
        self.now, self.price, self.reads = 10.0, 1, 0

    async def read(self, key: str) -> bytes:
        """The price as it was when reading began."""
        self.reads += 1
        price = self.price
        await asyncio.sleep(0.01)
        if key == "broken":
            raise ValueError("unlucky")
        return b"%s %d" % (key.encode(), price)


async def test_no_answer_is_older_than_a_second_or_than_a_change_that_was_told() -> None:
    """R-CAT-1: counted from before it was read, and what is read while something changes is not kept."""
    shop = Shop()
    kept = Lately(shop.read, lambda: shop.now)
    shop.now = 11.0
    assert await kept.get("a") == b"a 1"
    shop.price, shop.now = 2, 11.999
    assert (await kept.get("a"), shop.reads) == (b"a 1", 1)
    shop.now = 12.0
    assert (await kept.get("a"), shop.reads) == (b"a 2", 2)
    shop.price, shop.now = 3, 12.1
    kept.forget()
    shop.now = 12.2
    reading = asyncio.create_task(kept.get("a"))
    await asyncio.sleep(0)
    shop.price, shop.now = 4, 12.3
    kept.forget()
    assert await reading == b"a 3", "it was asked for before the change"
    shop.now = 12.4
    assert await kept.get("a") == b"a 4"


async def test_a_reading_that_takes_longer_than_a_second_is_answered() -> None:
    """R-NFR-4: it is too old to be kept, not to be given to who asked for it."""
    shop = Shop()
    kept = Lately(shop.read, lambda: shop.now)
    shop.now = 11.0
    reading = asyncio.create_task(kept.get("a"))
    await asyncio.sleep(0)
    shop.now, shop.price = 12.5, 2
    assert await reading == b"a 1"
    assert await kept.get("a") == b"a 2"


async def test_neither_errors_nor_more_than_its_room_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-NFR-4."""
    shop = Shop()
    kept = Lately(shop.read, lambda: shop.now)
    shop.now = 11.0
    monkeypatch.setattr(lately, "MOST_BYTES", 6)
    for key in ("a", "b", "c", "c", "broken"):
        if key == "broken":
            with pytest.raises(ValueError, match="unlucky"):
                await kept.get(key)
        else:
            await kept.get(key)
    assert shop.reads == 4
    await kept.get("b")
    await kept.get("a")
    assert shop.reads == 5, "b was kept, a had to make room"
