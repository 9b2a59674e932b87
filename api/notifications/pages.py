"""The page behind the unsubscribe link, in the reader's language."""

from fastapi.responses import HTMLResponse

from api.notifications.wording import page

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
}


def question(locale: str, token: str) -> HTMLResponse:
    """Whether the reader means it."""
    return HTMLResponse(page("unsubscribe.html", locale, token=token, done=False), headers=HEADERS)


def done(locale: str) -> HTMLResponse:
    """That there will be no more of them."""
    return HTMLResponse(page("unsubscribe.html", locale, token="", done=True), headers=HEADERS)
