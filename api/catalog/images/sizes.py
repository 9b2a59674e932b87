"""The sizes in which a picture is kept and shown: pixels on the longer edge, at most."""

from typing import Literal

Size = Literal["small", "medium", "large"]
EDGES: dict[Size, int] = {"small": 320, "medium": 800, "large": 1600}
