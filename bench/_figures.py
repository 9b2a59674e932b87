"""What a benchmark measured, and the table of all of them: target, measured, met or not."""

from collections.abc import Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured number; `target` is the least that is wanted, or with `at_most` the most. None: told only."""

    name: str
    measured: float
    unit: str = ""
    target: float | None = None
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether the target is reached; a figure without one cannot miss it."""
        if self.target is None:
            return True
        return self.measured <= self.target if self.at_most else self.measured >= self.target


def table(figures: Sequence[Figure]) -> str:
    """One line a figure: what, target, measured, met or not."""
    rows = [("figure", "target", "measured", ""), *map(_row, figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{name:<{widths[0]}}  {target:>{widths[1]}}  {measured:>{widths[2]}}  {met}".rstrip()
        for name, target, measured, met in rows
    )


def _row(figure: Figure) -> tuple[str, str, str, str]:
    measured = f"{_short(figure.measured)} {figure.unit}".strip()
    if figure.target is None:
        return figure.name, "", measured, ""
    target = f"{'<=' if figure.at_most else '>='} {_short(figure.target)}"
    return figure.name, target, measured, "met" if figure.met else "NOT MET"


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 or number == int(number) else f"{number:.2f}"
