"""What the routes of payments take beside their bodies."""

from typing import Annotated

from fastapi import Depends, Request

from api import rates
from api.auth import Shopper
from api.payments import service


async def _at_most(request: Request, caller: Shopper) -> None:
    limiter: rates.Limiter = request.app.state.limiter
    await limiter.check("money", rates.MONEY_CALLS, str(caller.user_id))


Money = Depends(_at_most)


async def _gateways(request: Request) -> service.Gateways:
    found: service.Gateways = request.app.state.gateways
    return found


Gateways = Annotated[service.Gateways, Depends(_gateways)]
