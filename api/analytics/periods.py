"""The days that are asked for, and what of them the read models keep."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from api.analytics.schemas import Interval, SalesWanted
from api.errors import ValidationFailed
from streams.views import DAYS_KEPT, HOURS_KEPT

LONGEST = 366
DAY = timedelta(days=1)


class Period(NamedTuple):
    """Days, both inclusive."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """Each of them."""
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]

    @property
    def since(self) -> datetime:
        """The moment it begins."""
        return datetime.combine(self.first, time.min, UTC)

    @property
    def end(self) -> datetime:
        """The moment after it."""
        return datetime.combine(self.last + DAY, time.min, UTC)

    @property
    def before(self) -> "Period":
        """As many days before it."""
        return Period(self.first - (self.last - self.first) - DAY, self.first - DAY)


def period(wanted: SalesWanted, today: date) -> Period:
    """The days asked for; ValidationFailed when there are none, or too many."""
    last = wanted.until or today
    first = wanted.since or last
    if last > today + timedelta(days=LONGEST):
        raise wrong("to", "lies too far ahead")
    if first > last:
        raise wrong("from", "must not be after `to`")
    if (last - first).days >= LONGEST:
        raise wrong("from", f"at most {LONGEST} days may be asked for")
    return Period(first, last)


def require_kept(found: Period, today: date, field: str = "from", *, by_hour: bool = False) -> None:
    """ValidationFailed for days that are not published any more; every day stands in the ledger and in ClickHouse."""
    kept = HOURS_KEPT if by_hour else DAYS_KEPT
    if found.first < today - timedelta(days=kept):
        what = "hours" if by_hour else "days"
        raise wrong(field, f"{what} are kept for {kept} days before today")


def wrong(field: str, message: str) -> ValidationFailed:
    """The refusal of one field of the question."""
    return ValidationFailed(errors=[{"field": f"query.{field}", "message": message, "code": "out_of_range"}])


def start_of(moment: datetime, interval: Interval) -> datetime:
    """When the stretch begins that a moment is in; weeks begin on Monday."""
    if interval == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match interval:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
    return day


def end_of(start: datetime, interval: Interval) -> datetime:
    """When the stretch ends."""
    lengths = {"hour": timedelta(hours=1), "day": DAY, "week": 7 * DAY, "month": timedelta(days=31)}
    end = start + lengths[interval]
    return end.replace(day=1) if interval == "month" else end


def starts(found: Period, interval: Interval) -> Sequence[datetime]:
    """When the stretches of a period begin."""
    hours = range(24) if interval == "hour" else range(1)
    moments = (datetime.combine(day, time(hour), UTC) for day in found.days for hour in hours)
    return list(dict.fromkeys(start_of(moment, interval) for moment in moments))
