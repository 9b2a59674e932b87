"""Prices that may be mistyped: pure (R-CAT-6)."""

from datetime import datetime

from streams.events import Envelope
from streams.events.catalog import ProductUpdated
from streams.events.signals import PriceDoubted
from streams.signalling import cause_of, told


def doubted(envelope: Envelope, factor: int, news_from: datetime) -> list[Envelope]:
    """The signal when a change made a product `factor` times as dear or as cheap at once; it is told while it is news.

    0 counts as the smallest amount there is.
    """
    event = envelope.payload
    if not isinstance(event, ProductUpdated) or event.price_before_minor is None or envelope.occurred_at < news_from:
        return []
    before, after = event.price_before_minor, event.price_minor
    low, high = sorted((max(before, 1), max(after, 1)))
    if high < factor * low:
        return []
    signal = PriceDoubted(
        product_id=event.product_id,
        seller_id=event.seller_id,
        price_before_minor=before,
        price_after_minor=after,
        currency=event.currency,
        ratio=round(max(after, 1) / max(before, 1), 6),
        due_at=envelope.occurred_at,
        triggered_by=(envelope.event_id,),
    )
    return [told(signal, cause_of(envelope), recorded_at=envelope.recorded_at)]
