"""Loaded by schemathesis: signs calls in, gives well-formed ones ids of things that exist, and keeps the tally.

Ids are harvested from the answers, so that what one call makes the next ones can use.
"""

import json
import os
import random
from pathlib import Path
from typing import Any
from uuid import UUID

import schemathesis
from joserfc.jwk import OKPKey
from schemathesis import Case, HookContext, Response
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

from api import ids
from api.tokens import TOKEN_LIFE, Identity, mint
from tests.api.fuzz import before

API = os.environ["ATLANTIC_FUZZ_API"]
FLOOR: dict[str, Any] = json.loads(Path(os.environ["ATLANTIC_FUZZ_FLOOR"]).read_text())
TALLY = Path(os.environ["ATLANTIC_FUZZ_TALLY"])
KNOWN: dict[str, list[Any]] = FLOOR["ids"]
FIRST = {name: len(found) for name, found in KNOWN.items()}
"""So many were there before the first call, and stay."""
MOST_KNOWN = 40
REAL = 0.8
"""How often a well-formed call names something that exists; hypothesis seeds `random`."""
NAMES = {"webhooks": "endpoint_id", "categories": "category_id", "addresses": "address_id", "deliveries": "delivery_id"}
ALIASES = {"product": "product_id", "parent_id": "category_id"}
TOLD = ("refresh_token",)
"""What answers tell beside ids that other calls take; those of pictures stand in their addresses."""
DROPPED = frozenset({"expected_version", "expected_total_minor", "cart_version"})
"""Guards against changes in between, which an invented one always finds."""
OWN = [FLOOR["caller"]["user_id"]]
"""Ids that no call may be about: the caller's own account, whose roles and status must stay."""


def token() -> str:
    """A new access token of the caller, who has every role; not by signing in, which wrong passwords lock."""
    moment, caller = ids.now(), FLOOR["caller"]
    roles = frozenset(("shopper", "seller", "operator", "admin", "service"))
    who = Identity(UUID(caller["user_id"]), roles, UUID(caller["seller_id"]), ids.new(), moment + TOKEN_LIFE)
    return f"Bearer {mint(OKPKey.import_key(json.loads(os.environ['ATLANTIC_JWT_PRIVATE_KEY'])), who, moment)}"


@schemathesis.auth(refresh_interval=300)
class Caller:
    """Signs the calls in."""

    def get(self, case: Case[Any], ctx: Any) -> str:
        """A token that is good for a while."""
        return token()

    def set(self, case: Case[Any], data: str, ctx: Any) -> None:
        """Into the header."""
        case.headers["Authorization"] = data


@schemathesis.serializer("application/x-ndjson")
def lines(ctx: Any, value: Any) -> bytes:
    """Clicks as lines."""
    clicks = value if isinstance(value, list) else [value]
    return b"\n".join(json.dumps(click).encode() for click in clicks)


@schemathesis.hook
def before_call(ctx: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Name things that exist in what is well-formed, and leave the caller's own account and session alone."""
    meta = case.meta
    if meta is None or meta.generation.mode is GenerationMode.POSITIVE:
        linked = meta is not None and meta.phase.name is TestPhase.STATEFUL
        for part in (case.query, case.body) if linked else (case.path_parameters, case.query, case.body):
            _fill(part)
        if random.random() < REAL:
            case.headers.pop("Idempotency-Key", None)
        before.prepare(case, API, token, KNOWN)
    for part in (case.path_parameters, case.body):
        if isinstance(part, dict) and part.get("user_id") in OWN:
            part["user_id"] = KNOWN["user_id"][0]
    if case.operation.path.endswith(("/auth/logout", "/sessions/{session_id}", "/auth/password/reset")):
        case.headers["Authorization"] = token()


def _fill(part: Any) -> None:
    if isinstance(part, list):
        for each in part:
            _fill(each)
    if not isinstance(part, dict):
        return
    for name, value in list(part.items()):
        if name in DROPPED and random.random() < REAL:
            del part[name]
            continue
        known = KNOWN.get(ALIASES.get(str(name), str(name)))
        if known and isinstance(value, str | int) and random.random() < REAL:
            part[name] = random.choice(known)
        else:
            _fill(value)


@schemathesis.hook
def after_call(ctx: HookContext, case: Case[Any], response: Response) -> None:
    """Note how it ended, and what it told of."""
    with TALLY.open("a") as file:
        file.write(f"{case.operation.method.upper()} {case.operation.path}\t{response.status_code}\n")
    if response.status_code < 300 and response.content and "json" in response.headers["content-type"][0]:
        _harvest(response.json(), _noun(case.operation.path))


def _noun(path: str) -> str:
    last = [part for part in path.split("/") if part and "{" not in part][-1]
    return NAMES.get(last, f"{last.removesuffix('s')}_id")


def _harvest(told: Any, noun: str) -> None:
    if isinstance(told, list):
        for each in told:
            _harvest(each, noun)
    elif isinstance(told, dict):
        for name, value in told.items():
            if isinstance(value, str) and (name == "id" or name in TOLD or name.endswith("_id")):
                _keep(noun if name == "id" else name, value)
            elif name == "urls" and isinstance(value, dict):
                _pictures(value)
            elif isinstance(value, dict | list):
                _harvest(value, f"{name.removesuffix('s')}_id" if name != "items" else noun)


def _pictures(urls: dict[str, str]) -> None:
    for url in urls.values():
        _keep("object_key", url.split("/")[-2])


def _keep(name: str, value: str) -> None:
    known = KNOWN.setdefault(name, [])
    if value not in known and value not in OWN:
        known.append(value)
        first = FIRST.get(name, 0)
        del known[first : max(first, len(known) - MOST_KNOWN)]
