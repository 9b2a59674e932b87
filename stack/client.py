"""Writes the typed Python client of the API: a package for integrators, made of the OpenAPI document as it is now."""

from pathlib import Path

from api.main import unstarted
from stack import generator
from stack.home import CHECKOUT

UV = CHECKOUT / ".venv-boot/bin/uv"
HOOKS = ("ruff check --quiet --fix-only .", "ruff format --quiet .")
README = """# atlantic-client

The API of Atlantic as typed functions, generated from its OpenAPI document: one module a tag in `atlantic_client.api`,
one module an operation in it, with `sync`, `asyncio`, `sync_detailed` and `asyncio_detailed`. A refusal is a `Problem`.

```python
from atlantic_client import AuthenticatedClient, Client
from atlantic_client.api.accounts import login
from atlantic_client.api.orders import list_orders
from atlantic_client.models import Login, Problem

address = "http://127.0.0.1:7400"
session = login.sync(client=Client(base_url=address), body=Login(email="ann@example.com", password="..."))
if session is None or isinstance(session, Problem):
    raise SystemExit(session and session.detail)
ann = AuthenticatedClient(base_url=address, token=session.access_token)
orders = list_orders.sync(client=ann)
```

A list comes in pages; each names the next one:

```python
page = list_orders.sync(client=ann, limit=100)
while page is not None and not isinstance(page, Problem):
    print(*(order.order_number for order in page.items), sep="\\n")
    page = list_orders.sync(client=ann, limit=100, cursor=page.next_cursor) if page.next_cursor else None
```
"""


def write(target: Path) -> None:
    """Generate the package into the folder `target`, anew; ValueError when the generator lacks or understands less."""
    generator.generate(unstarted().openapi(), target, "uv", HOOKS)
    (target / "README.md").write_text(README, encoding="utf-8")


def pack(target: Path) -> Path:
    """The wheel of a generated package."""
    python = generator.TOOLS / "python"
    options = ["--wheel", "--no-build-isolation", "--python", python, "--out-dir", target]
    generator.run(UV, "build", "--quiet", *options, target)
    return next(target.glob("*.whl"))
