"""The way in and out over plain HTTP: a form that asks the api, cookies that scripts cannot read, and the gate before
every page."""

from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.current import sessions
from dashboards.sessions import CodeNeededError, CodeRefusedError, RefusedError, Tokens
from dashboards.settings import dashboard_settings

_ASSETS = Path(__file__).parent / "assets"
FORM, PASSWORD_FIELDS, CODE_FIELD = (
    Template((_ASSETS / name).read_text(encoding="utf-8"))
    for name in ("signin.html", "signin_password.html", "signin_code.html")
)
REFRESH_SECONDS = 30 * 86_400
OPEN_PATHS = ("/_stcore", "/static", "/media", "/app/static", "/component", "/signin", "/signout", "/health")
SAFE_HEADERS = {"Cache-Control": "no-store", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}


def held(request: Request) -> Tokens | None:
    """The tokens that the browser sent."""
    settings = dashboard_settings()
    access, refresh = (request.cookies.get(name, "") for name in (settings.access_cookie, settings.refresh_cookie))
    return Tokens(access, refresh) if access else None


async def form(request: Request) -> Response:
    """The sign-in page."""
    return _page(request.query_params.get("next", "/"))


async def sign_in(request: Request) -> Response:
    """Check name and password at the api, then a code where the account has a second factor; then on to the page."""
    fields = await request.form()
    asked = {field: str(fields.get(field, "")) for field in ("name", "password", "next", "challenge", "code")}
    address = request.client.host if request.client else ""
    if asked["challenge"]:
        return await _second_step(request, asked, address)
    name, target = asked["name"].strip(), asked["next"]
    try:
        tokens = await run_in_threadpool(sessions().sign_in, name, asked["password"], address)
    except CodeNeededError as needed:
        return _code_page(target, needed.challenge)
    except RefusedError as refused:
        return _page(target, name, str(refused), 401)
    return _in(request, target, tokens)


async def _second_step(request: Request, asked: dict[str, str], address: str) -> Response:
    target, challenge = asked["next"], asked["challenge"]
    try:
        tokens = await run_in_threadpool(sessions().prove, challenge, asked["code"], address)
    except CodeRefusedError as refused:
        return _code_page(target, challenge, str(refused), 401)
    except RefusedError as refused:
        return _page(target, "", str(refused), 401)
    return _in(request, target, tokens)


def _in(request: Request, target: str, tokens: Tokens) -> Response:
    response = RedirectResponse(_own(target), 303)
    set_cookies(response.raw_headers, tokens, secure=request.url.scheme == "https")
    return response


async def sign_out(request: Request) -> Response:
    """End the session here and at the api."""
    if (tokens := held(request)) is not None:
        await run_in_threadpool(sessions().sign_out, tokens)
    response = RedirectResponse("/signin", 303)
    settings = dashboard_settings()
    for cookie in (settings.access_cookie, settings.refresh_cookie):
        response.delete_cookie(cookie, httponly=True, samesite="lax")
    return response


async def health(_: Request) -> Response:
    """For probes."""
    return JSONResponse({"status": "ok"})


ROUTES = [
    Route("/signin", form),
    Route("/signin", sign_in, methods=["POST"]),
    Route("/signout", sign_out, methods=["GET", "POST"]),
    Route("/health", health),
]


def _page(target: str, name: str = "", error: str = "", status: int = 200) -> Response:
    return _form(target, PASSWORD_FIELDS.substitute(name=escape(name)), error, status)


def _code_page(target: str, challenge: str, error: str = "", status: int = 200) -> Response:
    return _form(target, CODE_FIELD.substitute(challenge=escape(challenge)), error, status)


def _form(target: str, fields: str, error: str, status: int) -> Response:
    alert = f'<p class="error" role="alert">{escape(error)}</p>' if error else ""
    text = FORM.substitute(next=escape(_own(target)), fields=fields, alert=alert)
    return HTMLResponse(text, status, headers=SAFE_HEADERS)


def _own(target: str) -> str:
    """A path of this site, whatever was asked for."""
    parts = urlsplit(target)
    own = target.startswith("/") and not parts.scheme and not parts.netloc and "\\" not in target
    return target if own and not target.startswith("//") else "/"


def set_cookies(headers: list[tuple[bytes, bytes]], tokens: Tokens, *, secure: bool) -> None:
    """Give the browser both tokens; scripts cannot read them and other sites cannot send them."""
    settings, carrier = dashboard_settings(), Response()
    for name, value in ((settings.access_cookie, tokens.access), (settings.refresh_cookie, tokens.refresh)):
        carrier.set_cookie(name, value, max_age=REFRESH_SECONDS, httponly=True, samesite="lax", secure=secure)
    headers.extend(header for header in carrier.raw_headers if header[0] == b"set-cookie")


class Gate:
    """Sends whoever opens a page without a session to the form, and hands out newer tokens with the page."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Only documents are asked for a session here; each script run checks its own."""
        if not _is_document(scope):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        tokens = held(request)
        found = await run_in_threadpool(sessions().current, tokens) if tokens else None
        if found is None:
            target = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""), safe="")
            await RedirectResponse(f"/signin?next={target}", 303)(scope, receive, send)
            return
        identity, newest = found
        if request.url.path == "/":
            response = RedirectResponse("/pulse" if identity.operator and not identity.seller_id else "/today", 303)
            set_cookies(response.raw_headers, newest, secure=request.url.scheme == "https")
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send if newest == tokens else _with_cookies(send, newest, request))


def _is_document(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
        return False
    path: str = scope["path"]
    last = path.rsplit("/", 1)[-1]
    return "." not in last and not any(path == name or path.startswith(f"{name}/") for name in OPEN_PATHS)


def _with_cookies(send: Send, tokens: Tokens, request: Request) -> Any:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            set_cookies(headers, tokens, secure=request.url.scheme == "https")
            message = {**message, "headers": headers}
        await send(message)

    return sending
