"""What the routes of payments take beside their bodies."""

from typing import Annotated

from fastapi import Depends, Request

from api.payments import service


async def _gateways(request: Request) -> service.Gateways:
    found: service.Gateways = request.app.state.gateways
    return found


Gateways = Annotated[service.Gateways, Depends(_gateways)]
