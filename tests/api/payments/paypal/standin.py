"""PayPal's place on this machine: its HTTP, tokens, request ids and webhooks, each exchange held against its documents.

There is no emulator of PayPal that somebody keeps up. What an account does is `account`.
"""

import asyncio
import json
import threading
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.api.payments.paypal.account import Account, Answer, RefusedError, Thing
from tests.api.payments.paypal.contract import Exchange, breaches
from tests.api.payments.peers import START_S, free_port

CLIENT, SECRET, WEBHOOK_ID = "client-of-a-test", "secret-of-a-test", "WH1TEST"
LONGEST = timedelta(days=31)
Do = Callable[[Request, Thing], Answer]


class PayPalPeer:
    """The stand-in. `hook`: where webhooks go. `away`: nobody is there. `breaks`: the next effect is not answered, and
    nobody is there any more. `forgets`: request ids mean nothing.

    `broken`: what anybody did against PayPal's documents. `sent`: headers and body of each webhook. `tokens`: how many
    were given out; `calls`: method, path and request id of what was asked.
    """

    def __init__(self, address: str) -> None:
        self.address, self.hook = address, ""
        self.account = Account(address, self._tell)
        self.away, self.breaks, self.forgets = threading.Event(), threading.Event(), threading.Event()
        self.broken: list[str] = []
        self.sent: list[tuple[dict[str, str], bytes]] = []
        self.calls: list[tuple[str, str, str | None]] = []
        self.tokens: list[str] = []
        self._answered: dict[tuple[str, str], Answer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.loop: asyncio.AbstractEventLoop | None = None

    def approve(self, order_id: str) -> None:
        """The payer approves on PayPal's page."""
        self.account.approve(order_id)

    def _tell(self, event_type: str, resource: Thing) -> None:
        event = {
            "id": f"WH-{token_hex(8)}", "event_version": "1.0", "create_time": _now(), "event_type": event_type,
            "resource_version": "2.0", "resource": deepcopy(resource), "summary": event_type,
        }  # fmt: skip
        # Spaced as nobody else would write it: only the body as it came is what was signed.
        self.sent.append((transmission(), json.dumps(event, separators=(" , ", " : ")).encode()))
        if self.hook and self.loop:
            asyncio.run_coroutine_threadsafe(self._deliver(*self.sent[-1]), self.loop)

    async def _deliver(self, headers: dict[str, str], body: bytes) -> None:
        async with httpx2.AsyncClient(timeout=20) as client:
            await client.post(self.hook, content=body, headers=headers)

    def application(self) -> Starlette:
        """Its HTTP."""
        told: tuple[tuple[str, str, Do], ...] = (
            ("POST", "/v2/checkout/orders", lambda _, said: self.account.open(said)),
            ("GET", "/v2/checkout/orders/{id}", lambda asked, _: self.account.read(asked.path_params["id"])),
            ("POST", "/v2/checkout/orders/{id}/authorize",
             lambda asked, _: self.account.authorize(asked.path_params["id"])),
            ("POST", "/v2/payments/authorizations/{id}/capture",
             lambda asked, said: self.account.capture(asked.path_params["id"], said)),
            ("POST", "/v2/payments/authorizations/{id}/void",
             lambda asked, _: self.account.void(asked.path_params["id"])),
            ("POST", "/v2/payments/captures/{id}/refund",
             lambda asked, said: self.account.refund(asked.path_params["id"], said)),
            ("POST", "/v1/notifications/verify-webhook-signature", lambda _, said: self._verify(said)),
            ("GET", "/v1/reporting/transactions", lambda asked, _: self._list(asked)),
        )  # fmt: skip
        routes = [Route(path, self._speaking(do), methods=[method]) for method, path, do in told]
        return Starlette(routes=[Route("/v1/oauth2/token", self._token, methods=["POST"]), *routes])

    async def _token(self, request: Request) -> Response:
        if self.away.is_set():
            return Response("away", 503)
        basic = "Basic " + b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != basic or b"client_credentials" not in await request.body():
            return JSONResponse({"error": "invalid_client"}, 401)
        self.tokens.append(token_hex(8))
        return JSONResponse({"access_token": self.tokens[-1], "token_type": "Bearer", "expires_in": 32400})

    def _speaking(self, do: Do) -> Callable[[Request], Awaitable[Response]]:
        async def speak(request: Request) -> Response:
            if self.away.is_set():
                return Response("away", 503)
            body = await request.body()
            said = json.loads(body) if body else None
            request_id = request.headers.get("paypal-request-id")
            self.calls.append((request.method, request.url.path, request_id))
            status, answer = self._answer(request, do, said, request_id)
            told = deepcopy(answer)
            self.broken += breaches(
                Exchange(
                    request.method,
                    request.url.path,
                    dict(request.query_params),
                    dict(request.headers),
                    said,
                    status,
                    told,
                )
            )
            if self.breaks.is_set() and request.method == "POST" and status < 300:
                self.breaks.clear()
                self.away.set()
                return Response("away", 503)
            return JSONResponse(told, status)

        return speak

    def _answer(self, request: Request, do: Do, said: Any, request_id: str | None) -> Answer:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, _error("INVALID_ACCOUNT_STATUS", "AUTHENTICATION_FAILURE")
        key = (request.url.path, request_id or "")
        if request_id and key in self._answered and not self.forgets.is_set():
            return self._answered[key]  # what was answered before, and nothing happens
        try:
            answer = do(request, said)
        except RefusedError as refused:
            name = "RESOURCE_NOT_FOUND" if refused.status == 404 else "UNPROCESSABLE_ENTITY"
            return refused.status, _error(refused.issue, name)
        if request_id:
            self._answered[key] = deepcopy(answer)
        return answer

    def _verify(self, said: Thing) -> Answer:
        names = {name: said[name.removeprefix("paypal-").replace("-", "_")] for name in transmission()}
        known = any(headers == names and json.loads(body) == said["webhook_event"] for headers, body in self.sent)
        right = known and said["webhook_id"] == WEBHOOK_ID
        return 200, {"verification_status": "SUCCESS" if right else "FAILURE"}

    def _list(self, request: Request) -> Answer:
        since, until = (datetime.fromisoformat(request.query_params[name]) for name in ("start_date", "end_date"))
        if until - since > LONGEST:
            return 400, _error("INVALID_DATE_RANGE", "INVALID_REQUEST")
        size, page = int(request.query_params["page_size"]), int(request.query_params["page"])
        lines = self.account.transactions(since, until)
        found = {"page": page, "total_items": len(lines), "total_pages": -(-len(lines) // size)}
        some = lines[(page - 1) * size : page * size]
        return 200, found | ({"transaction_details": some} if some else {})


def transmission(**changed: str) -> dict[str, str]:
    """The headers of a webhook that is sent now, as only PayPal could write them."""
    return {
        "paypal-transmission-id": token_hex(16),
        "paypal-transmission-time": _now(),
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-cert-url": "https://api.paypal.com/v1/notifications/certs/CERT-1",
        "paypal-transmission-sig": "s" + token_hex(40),
    } | changed


def _error(issue: str, name: str) -> Thing:
    details = [{"issue": issue, "description": "It cannot be."}]
    return {"name": name, "message": "It cannot be.", "debug_id": "d1", "details": details, "links": []}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def paypal() -> Iterator[PayPalPeer]:
    """A PayPal of this machine; at the end nothing may have gone against its documents."""
    port = free_port()
    peer = PayPalPeer(f"http://127.0.0.1:{port}")
    server = uvicorn.Server(uvicorn.Config(peer.application(), port=port, log_config=None, lifespan="off"))

    async def serve() -> None:
        peer.loop = asyncio.get_running_loop()
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        while not server.started and thread.is_alive():
            threading.Event().wait(0.02)
        yield peer
    finally:
        server.should_exit = True
        thread.join(START_S)
    assert not peer.broken, "\n".join(sorted(set(peer.broken)))
