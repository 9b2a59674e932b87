"""How the demo's parcels go: by a carrier that moves them itself, or by one that sellers report for."""

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from api import ids
from api.shipping.sandbox import NAME
from api.tariffs.models import shipping_rates

WAYS = ((NAME, "Standard", 295, 50, 1, 3), ("Royal Mail", "Tracked 48", 395, 80, 2, 5))
"""Carrier, service, base and per kg in minor units, fewest and most days."""
CURRENCIES = ("GBP", "USD")


async def ensure_tariffs(connection: AsyncConnection) -> None:
    """The platform's tariffs that are missing, in this transaction."""
    rate = shipping_rates.c
    rows = await connection.execute(select(rate.carrier, rate.currency).where(rate.seller_id.is_(None)))
    known = {(row.carrier, row.currency) for row in rows}
    for carrier, service, base, per_kg, fewest, most in WAYS:
        for currency in CURRENCIES:
            if (carrier, currency) not in known:
                values = {"carrier": carrier, "service": service, "base_minor": base, "per_kg_minor": per_kg}
                days = {"min_days": fewest, "max_days": most}
                added = {"id": ids.new(), "currency": currency, **values, **days}
                await connection.execute(insert(shipping_rates).values(added))
