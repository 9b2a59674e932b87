"""The pages of the test gateway's 3-D Secure: what a shopper's bank would show, for whoever has the link.

They belong to the stand-in for a provider, not to the API: the OpenAPI document does not name them.
"""

from html import escape
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Row

from api.edge import Route
from api.errors import NotFound
from api.payments.card_network import CHALLENGES, CardNetwork

router = APIRouter(prefix=CHALLENGES, route_class=Route, include_in_schema=False)

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Test bank</title></head>
<body style="margin:0;background:#f4f5f7;font:16px/1.5 system-ui,sans-serif;color:#1d2433">
<main style="max-width:480px;margin:48px auto;padding:24px;background:#fff;border-radius:8px">
<h1 style="font-size:20px">Test bank</h1>
{said}
</main>
</body>
</html>
"""
_QUESTION = "<p>A shop asks for {minor} minor units of {currency}. No real money moves.</p>{buttons}"
_BUTTON = (
    '<form method="post" action="?answer={answer}" style="display:inline"><button style="padding:10px 16px;border:0;'
    'border-radius:6px;background:{colour};color:#fff;font:inherit">{label}</button></form> '
)
_ANSWERS = (("approve", "#0b5cad", "Approve"), ("refuse", "#9b1c1c", "Refuse"))
_ANSWERED = "<p>This payment is answered. You may close this page.</p>"


@router.get("/{challenge}")
async def ask(challenge: str, request: Request) -> HTMLResponse:
    """Whether the shopper means it."""
    _, found = await _challenge(request, challenge)
    if not found.waiting:
        return HTMLResponse(_PAGE.format(said=_ANSWERED), headers=HEADERS)
    buttons = "".join(_BUTTON.format(answer=answer, colour=colour, label=label) for answer, colour, label in _ANSWERS)
    said = _QUESTION.format(minor=found.amount_minor, currency=escape(found.currency), buttons=buttons)
    return HTMLResponse(_PAGE.format(said=said), headers=HEADERS)


@router.post("/{challenge}")
async def answer(
    challenge: str, request: Request, answer: Annotated[Literal["approve", "refuse"], Query()]
) -> Response:
    """The shopper's answer; the first one counts. Leads back to the shop when it said where that is."""
    network, found = await _challenge(request, challenge)
    await network.answer_challenge(challenge, approved=answer == "approve")
    if found.return_url:
        return RedirectResponse(found.return_url, status_code=303, headers=HEADERS)
    return HTMLResponse(_PAGE.format(said=_ANSWERED), headers=HEADERS)


async def _challenge(request: Request, challenge: str) -> tuple[CardNetwork, Row[Any]]:
    network: CardNetwork | None = request.app.state.gateways.network
    found = await network.challenge(challenge) if network else None
    if network is None or found is None:
        raise NotFound
    return network, found
