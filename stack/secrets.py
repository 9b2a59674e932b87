"""Passwords and keys of one instance: generated once, each in a file that only its owner may read."""

import json
import secrets
from pathlib import Path

from filelock import FileLock
from joserfc.jwk import OKPKey

from stack.home import Home, private_file

PASSWORD_BYTES = 32
PASSWORDS = (
    "postgres_admin",
    "postgres",
    "valkey",
    "clickhouse_sink",
    "clickhouse_seller",
    "clickhouse_operator",
    "clickhouse_data",
    "meilisearch",
    "webhook",
    "carrier",
    "cursor",
    "second_factor",
)


def read(home: Home, name: str) -> str:
    """A password by its name in PASSWORDS, or `jwt_private` and `jwt_public`; made at the first call."""
    path = home.secrets / name
    if not path.exists():
        with FileLock(home.secrets / ".lock", mode=0o600):
            if not path.exists():
                _make(home.secrets, name)
    return path.read_text(encoding="utf-8")


def _make(folder: Path, name: str) -> None:
    if name in PASSWORDS:
        private_file(folder / name, secrets.token_urlsafe(PASSWORD_BYTES))
    elif name in {"jwt_private", "jwt_public"}:
        _make_keys(folder)
    else:
        raise KeyError(f"there is no secret named {name}")


def _make_keys(folder: Path) -> None:
    key = OKPKey.generate_key("Ed25519", auto_kid=True)
    shared = {"alg": "Ed25519", "use": "sig"}
    private_file(folder / "jwt_private", json.dumps({**key.as_dict(private=True), **shared}))
    private_file(folder / "jwt_public", json.dumps({**key.as_dict(private=False), **shared}))
