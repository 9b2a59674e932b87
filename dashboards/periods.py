"""Periods that people choose, as spans of time, and what each is compared with. Days are UTC days (R-ANA-7)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

PERIODS = {"Today": 1, "7 days": 7, "28 days": 28, "90 days": 90, "52 weeks": 364}
COMPARISONS = ("Period before", "Same weekdays before", "Year before", "Nothing")
WEEK = 7


@dataclass(frozen=True)
class Span:
    """From `start` to just before `end`, UTC."""

    start: datetime
    end: datetime

    @property
    def days(self) -> int:
        """Calendar days that it touches."""
        return (self.last_day - self.first_day).days + 1

    @property
    def first_day(self) -> date:
        """The UTC day it starts on."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """The last UTC day it touches."""
        return (self.end - timedelta(microseconds=1)).date()

    def back(self, days: int) -> "Span":
        """The same span that many days before."""
        return Span(self.start - timedelta(days=days), self.end - timedelta(days=days))


def midnight(day: date) -> datetime:
    """The beginning of a UTC day."""
    return datetime.combine(day, time.min, UTC)


def ending_at(moment: datetime, period: str) -> Span:
    """The chosen number of days, the last one being the day of `moment`, as far as it has come."""
    first = moment.date() - timedelta(days=PERIODS[period] - 1)
    return Span(midnight(first), moment)


def compared_with(span: Span, comparison: str) -> Span | None:
    """The span that a comparison names: it ends at the same time of day, so that a part day meets a part day."""
    if comparison == "Period before":
        return span.back(span.days)
    if comparison == "Same weekdays before":
        return span.back(-(-span.days // WEEK) * WEEK)
    if comparison == "Year before":
        return span.back(52 * WEEK)
    return None


def beside(comparison: str, period: str) -> str:
    """The few words beside a change in a tile; the whole span stands under the tiles."""
    if comparison == "Period before":
        return "vs yesterday" if period == "Today" else "vs prior"
    return {"Same weekdays before": "vs prior", "Year before": "vs last year"}.get(comparison, "")


def words(span: Span, today: date) -> str:
    """The span that is compared with: `yesterday to 14:05`, `24 Oct – 30 Oct to 14:05`."""  # noqa: RUF002
    until = "" if span.end == midnight(span.end.date()) else f" to {span.end:%H:%M}"
    if span.days == 1:
        return f"{_day(span.first_day, today)}{until}"
    return f"{span.first_day:%-d %b} – {span.last_day:%-d %b}{until}"  # noqa: RUF001 - a range of days


def _day(day: date, today: date) -> str:
    return "yesterday" if (today - day).days == 1 else f"{day:%a %-d %b}"


def last_hour(moment: datetime) -> list[datetime]:
    """The 60 minutes up to the one of `moment`, without a zone, as ClickHouse gives them."""
    last = moment.replace(second=0, microsecond=0, tzinfo=None)
    return [last - timedelta(minutes=back) for back in range(59, -1, -1)]


def full_minutes(moment: datetime) -> list[datetime]:
    """The same without the minute of `moment`: it is not over, would look like a fall, and move with every look."""
    return last_hour(moment)[:-1]
