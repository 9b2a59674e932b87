"""Reads a whole column of UUIDs at once."""

from binascii import unhexlify
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WIDTH = 36
DASHES = [8, 13, 18, 23]
DIGITS = [place for place in range(WIDTH) if place not in DASHES]


def uuid_words(values: Sequence[str]) -> NDArray[np.uint64]:
    """Two little-endian words per UUID, the high one first, as ClickHouse keeps them.

    ValueError when one is not written as 8-4-4-4-12 hexadecimal digits.
    """
    raw = "".join(values).encode("ascii", "replace")
    if len(raw) != WIDTH * len(values):
        raise ValueError("a UUID is not 36 characters long")
    letters = np.frombuffer(raw, "u1").reshape(-1, WIDTH)
    if (letters[:, DASHES] != ord("-")).any():
        raise ValueError("a UUID has its dashes elsewhere")
    digits = unhexlify(letters[:, DIGITS].tobytes())
    return np.frombuffer(digits, ">u8").astype("<u8").reshape(-1, 2)
