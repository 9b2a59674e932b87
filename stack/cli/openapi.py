"""`atlantic openapi`."""

import json

import typer

from api.main import unstarted


def command() -> None:
    """Print the OpenAPI document of the API; no instance is needed.

    Example: atlantic openapi > openapi.json
    """
    typer.echo(json.dumps(unstarted().openapi(), indent=2, ensure_ascii=False))
