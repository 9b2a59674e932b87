"""The operations that the OpenAPI document names, for tests that walk all of them."""

from typing import Any
from uuid import uuid4

import httpx2

PROBLEM = "application/problem+json"
METHODS = ("get", "post", "put", "patch", "delete")


class Operation:
    """One operation of the document."""

    def __init__(self, method: str, path: str, told: dict[str, Any], schemas: dict[str, Any]) -> None:
        self.name, self.method, self.path, self.told, self._schemas = (
            f"{method.upper()} {path}",
            method,
            path,
            told,
            schemas,
        )
        self.parameters = {(each["in"], each["name"]): each for each in told.get("parameters", [])}

    @property
    def address(self) -> str:
        """The path, with an id of nothing for each parameter."""
        names = [name for place, name in self.parameters if place == "path"]
        return self.path.format(**{name: uuid4() for name in names})

    @property
    def body(self) -> dict[str, Any] | None:
        """The schema of its JSON body."""
        content = self.told.get("requestBody", {}).get("content", {})
        return self.whole(content["application/json"]["schema"]) if "application/json" in content else None

    @property
    def answer(self) -> dict[str, Any]:
        """The schema of what it answers when all is well."""
        return self.whole(self.good.get("content", {}).get("application/json", {}).get("schema", {}))

    @property
    def good(self) -> dict[str, Any]:
        """What is told of the answer when all is well."""
        found: dict[str, Any] = next((each for status, each in self.told["responses"].items() if status < "300"), {})
        return found

    def whole(self, schema: dict[str, Any]) -> dict[str, Any]:
        """A schema, looked up where it is only named."""
        found: dict[str, Any] = self._schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        return found


def all_of(document: dict[str, Any]) -> list[Operation]:
    """Every operation of a document."""
    return [
        Operation(method, path, operations[method], document["components"]["schemas"])
        for path, operations in document["paths"].items()
        for method in METHODS
        if method in operations
    ]


def is_problem(answer: httpx2.Response) -> bool:
    """Whether an answer is a whole problem document (R-API-8)."""
    if answer.headers["content-type"] != PROBLEM:
        return False
    body = answer.json()
    texts = ("type", "title", "detail", "instance", "correlation_id")
    return (
        all(isinstance(body.get(name), str) and body[name] for name in texts)
        and body["type"].startswith("/problems/")
        and body["status"] == answer.status_code
        and body["instance"] == answer.request.url.path
        and body["correlation_id"] == answer.headers["x-request-id"]
    )
