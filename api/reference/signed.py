"""How the document tells of calls that others make to us: signed, with a body that the route reads itself."""

from typing import Any

_HEADERS = {
    "webhook-id": "id of the event: one that was taken before changes nothing",
    "webhook-timestamp": "when it was sent, in epoch seconds; at most 300 seconds off",
    "webhook-signature": "`v1,` and the base64 HMAC-SHA256 of `<id>.<timestamp>.<body>` (Standard Webhooks)",
}


def signed(schema: dict[str, Any], *, always: bool = True) -> dict[str, Any]:
    """`openapi_extra=` of a webhook's route whose JSON body follows `schema`; not `always`: some sign otherwise."""
    headers = [
        {"name": name, "in": "header", "required": always, "description": text, "schema": {"type": "string"}}
        for name, text in _HEADERS.items()
    ]
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"parameters": headers, "requestBody": body}
