"""How high a table stands: whole rows, never half of one."""

ROW_PIXELS, FRAME_PIXELS = 33, 2  # rows follow `baseFontSize` of the theme


def height(rows: int, most: int) -> int:
    """Pixels of a table with a header and `rows` rows, of which it shows `most` at once."""
    return ROW_PIXELS * (min(rows, most) + 1) + FRAME_PIXELS
