"""How cards stand beside each other, and what a phone leaves out."""

from collections.abc import Iterator, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

LEAST_WIDTH, TILE_PIXELS = 150, 184  # a tile with its course, at the `baseFontSize` of the theme


def pairs(tiles: int) -> Iterator[DeltaGenerator]:
    """A place for each tile: all in one row, or each pair below one another, or two in a row; never one alone."""
    for column in st.columns(-(-tiles // 2), gap="small"):
        place = column.grid(2, min_column_width=LEAST_WIDTH, gap="small")
        yield place
        yield place


def beside(shares: Sequence[int], *, filled: bool) -> Sequence[DeltaGenerator]:
    """Places for cards in these shares of the width; one below the other when one of them has nothing to show."""
    return st.columns(shares, gap="small") if filled else [st.container() for _ in shares]


def on_a_phone() -> bool:
    """Whether the browser says that it runs on one: the server is not told how wide a window is."""
    headers = st.context.headers
    return headers.get("Sec-CH-UA-Mobile") == "?1" or "Mobi" in headers.get("User-Agent", "")


def columns(*names: str, phone: Sequence[str]) -> Sequence[str]:
    """The columns of a table; on a phone those few that fit without moving sideways."""
    return phone if on_a_phone() else names
