"""Which gateways there are, each behind its guard, and which one takes a payment."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType

from sqlalchemy.ext.asyncio import AsyncEngine

from api.errors import GatewayUnavailable, ValidationFailed
from api.payments.card_network import CardNetwork
from api.payments.gateway import Gateway
from api.payments.guard import Guard
from api.payments.paypal_gateway import PayPal
from api.payments.stripe_gateway import Stripe
from api.settings import GatewaySettings

BY_US = frozenset({"wallet", "cod"})
"""Wallets and cash need nobody outside: they are settled by us, and named so that the books tell them apart."""
FOR_METHOD: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"card": ("test", "stripe"), "paypal": ("paypal",), "wallet": ("wallet",), "cod": ("cod",)}
)
AWAY_S = 60
"""When to come again to a gateway that payments were made through and that is not set up any more."""


class Gateways:
    """The gateways that this process was told of, the first one first."""

    def __init__(self, offered: Mapping[str, Guard], network: CardNetwork | None = None) -> None:
        self._offered = dict(offered)
        self.network = network

    def __iter__(self) -> Iterator[Guard]:
        return iter(self._offered.values())

    @property
    def first(self) -> Guard:
        """The one that fills wallets and pays sellers: the first that takes cards, if there is one."""
        return next((guard for guard in self if guard.name in FOR_METHOD["card"]), next(iter(self)))

    @property
    def in_flight(self) -> timedelta:
        """How long an operation may be under way after its note, whichever gateway it went to."""
        return max(guard.in_flight for guard in self)

    def of(self, name: str) -> Guard:
        """The gateway of something that was begun there; GatewayUnavailable when it is not set up any more."""
        if name not in self._offered:
            raise GatewayUnavailable(gateway=name, retry_after=AWAY_S)
        return self._offered[name]

    def opening(self, name: str) -> Guard | None:
        """The gateway of that name if payments are opened there before they are paid."""
        guard = self._offered.get(name)
        return guard if guard and guard.provider.prepares else None

    def choose(self, method: str, wanted: str | None) -> str:
        """The gateway of a new payment, the first one that takes the method by default.

        ValidationFailed names the field and those that there are.
        """
        takes = [name for name in (*self._offered, *BY_US) if name in FOR_METHOD[method]]
        if wanted is None and takes:
            return takes[0]
        if wanted not in takes:
            field = "payment_method" if wanted is None else "gateway"
            raise _unknown(
                f"body.{field}", f"no such gateway for {method} here; there are: {', '.join(takes) or 'none'}"
            )
        return wanted

    def sender(self, headers: Mapping[str, str], named: str | None) -> Guard:
        """Whose webhook this is, by name or by its headers; ValidationFailed for a name that is not set up."""
        if named is None:
            return next((one for one in self if one.provider.signature_header in headers), self.first)
        if named not in self._offered:
            raise _unknown("query.gateway", f"no such gateway here; there are: {', '.join(self._offered)}")
        return self._offered[named]

    async def close(self) -> None:
        """Let go of every gateway's connections."""
        for guard in self:
            await guard.provider.close()


def _unknown(field: str, message: str) -> ValidationFailed:
    return ValidationFailed(errors=[{"field": field, "message": message, "code": "unknown_gateway"}])


def gateways(
    pool: AsyncEngine, webhook_secret: str, settings: GatewaySettings | None = None, public_url: str = ""
) -> Gateways:
    """The gateways that the settings name, in their order."""
    told = settings or GatewaySettings()
    network = CardNetwork(pool, webhook_secret, public_url)
    made: Mapping[str, Callable[[], Gateway]] = {
        "test": lambda: network,
        "stripe": lambda: Stripe(told),
        "paypal": lambda: PayPal(told),
    }
    offered = {name: Guard(made[name](), told) for name in told.offered}
    return Gateways(offered, network if "test" in offered else None)


__all__ = ["BY_US", "Gateways", "Guard", "gateways"]
