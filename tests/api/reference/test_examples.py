"""Every operation shows what is sent and what comes back: valid, accepted by the api itself, and one story."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from jsonschema_rs import Draft202012Validator

from api.errors import ValidationFailed
from api.openapi import complete, routes
from api.reference import refusals
from tests.api.base.operations import PROBLEM, Operation


def _contents(operation: Operation) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every body that an operation takes or gives: which, of which media type, and what is told of it."""
    for kind, content in operation.told.get("requestBody", {}).get("content", {}).items():
        yield "request", kind, content
    for status, told in operation.told["responses"].items():
        for kind, content in told.get("content", {}).items():
            yield status, kind, content


def _examples(document: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    known = document["components"]["examples"]
    return {name: known[told["$ref"].rpartition("/")[2]]["value"] for name, told in content.get("examples", {}).items()}


def test_every_body_has_an_example(document: dict[str, Any], operations: list[Operation]) -> None:
    """E-OPS-4: of every request, success and problem."""
    without = [
        (each.name, which, kind)
        for each in operations
        for which, kind, content in _contents(each)
        if not _examples(document, content)
    ]
    assert not without


def test_no_field_is_without_a_value(app: FastAPI) -> None:
    """E-OPS-4: a new field needs an example of its own, or a word in the story."""
    assert not complete(app, _bare(app)).gaps


def _bare(app: FastAPI) -> dict[str, Any]:
    return get_openapi(title=app.title, version=app.version, routes=app.routes)


def test_examples_are_valid(document: dict[str, Any], operations: list[Operation]) -> None:
    """E-OPS-4: against the schema they stand beside, with formats."""
    wrong, judged = [], set()
    for each in operations:
        for which, kind, content in _contents(each):
            schema = {**content["schema"], "components": document["components"]}
            for name, value in _examples(document, content).items():
                if (pair := (str(content["schema"]), name)) not in judged:
                    judged.add(pair)
                    found = Draft202012Validator(schema, validate_formats=True).iter_errors(value)
                    wrong += [
                        (each.name, which, kind, name, error.instance_path, error.message[:200]) for error in found
                    ]
    assert not wrong


def test_examples_of_parameters_are_valid(operations: list[Operation]) -> None:
    """E-OPS-4: pages that try calls out fill their forms with them."""
    shown = [(each.name, told) for each in operations for told in each.parameters.values() if "example" in told]
    wrong = [
        (name, told["name"], error.message)
        for name, told in shown
        for error in Draft202012Validator(told["schema"], validate_formats=True).iter_errors(told["example"])
    ]
    assert shown
    assert not wrong


def test_the_api_takes_its_own_examples(app: FastAPI, document: dict[str, Any]) -> None:
    """E-OPS-4: also what no schema can say, such as which fields exclude each other."""
    refused, taken = [], 0
    for route in (each for each in routes(app) if each.body_field):
        method = next(iter(route.methods or ()))
        told = document["paths"][route.path_format][method.lower()]
        for name, value in _examples(document, told["requestBody"]["content"]["application/json"]).items():
            _, errors = route.body_field.validate(value, {}, loc=("body",))
            refused += [(told["operationId"], name, error) for error in errors or []]
            taken += 1
    assert not refused
    assert taken > 50


def test_the_story_is_one(document: dict[str, Any]) -> None:
    """E-OPS-4: the same shop, product, order and money everywhere, and the amounts add up."""
    told = {name: example["value"] for name, example in document["components"]["examples"].items()}
    cart, order, placed = told["Cart"], told["OrderAnswer"], told["checkout"]["order"]
    for each in (order, placed):
        assert each["total_minor"] == each["subtotal_minor"] - each["discount_minor"] + each["shipping_minor"]
        assert each["subtotal_minor"] == sum(line["unit_price_minor"] * line["quantity"] for line in each["items"])
    assert (cart["subtotal_minor"], cart["discount_minor"]) == (order["subtotal_minor"], order["discount_minor"])
    assert told["PaymentStatus"]["status"] == order["payment"]["status"]
    assert order["payment"]["captured_minor"] == order["total_minor"]
    assert order["payment"]["refunded_minor"] == order["returns"][0]["refund_minor"]
    entry = told["Page_EntryAnswer_"]["items"][0]
    assert sum(line["debit_minor"] - line["credit_minor"] for line in entry["lines"]) == 0
    assert entry["lines"][0]["debit_minor"] == order["total_minor"]
    sums = told["StatementsAnswer"]["items"][0]
    between = ("sales_minor", "discounts_minor", "refunds_minor", "shipping_minor", "commission_minor",
               "payouts_minor")  # fmt: skip
    assert sums["closing_minor"] == sums["opening_minor"] + sum(sums[name] for name in between)
    numbers = told["DashboardAnswer"]
    off = ("discount_minor", "refund_minor", "tax_minor")
    assert numbers["net_minor"] == numbers["gross_minor"] - sum(numbers[name] for name in off)
    assert {told[name]["items"][0]["seller_id"] for name in ("Cart", "Page_Product_")} == {
        order["items"][0]["seller_id"]
    }


def test_every_problem_is_told_of(document: dict[str, Any], operations: list[Operation]) -> None:
    """R-API-8: each class is documented, and each operation names what follows from what it takes."""
    examples = document["components"]["examples"]
    assert {f"problem-{slug}" for slug in refusals.known()} <= examples.keys()
    for each in operations:
        if each.path.startswith("/health"):
            continue
        told = {slug for status, r in each.told["responses"].items() if status >= "400"
                for slug in r["content"][PROBLEM]["examples"]}  # fmt: skip
        assert {ValidationFailed.slug, "rate-limited", "internal", "unavailable"} <= told, each.name
        if "security" in each.told:
            assert {"unauthenticated", "token-revoked", "forbidden"} <= told, each.name
        if "requestBody" in each.told:
            assert {"payload-too-large", "unsupported-media-type"} <= told, each.name


@pytest.mark.parametrize("member", ["summary", "description", "tags", "operationId"])
def test_every_operation_is_described(operations: list[Operation], member: str) -> None:
    """E-OPS-4."""
    assert not [each.name for each in operations if not each.told.get(member)]


def test_every_summary_is_written(operations: list[Operation]) -> None:
    """E-OPS-4: none is made of the function's name, as the framework does where a route has none."""
    assert not [
        each.name
        for each in operations
        if each.told["summary"] == each.name.removesuffix("_alias").replace("_", " ").title()
    ]


def test_every_parameter_is_described(operations: list[Operation]) -> None:
    """E-OPS-4."""
    assert not [
        (each.name, key) for each in operations for key, told in each.parameters.items() if not told.get("description")
    ]


def test_names_are_unique_words(document: dict[str, Any], operations: list[Operation]) -> None:
    """E-OPS-4: operationIds become functions of generated clients, tags have a description."""
    names = [each.told["operationId"] for each in operations]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name == name.lower() and "_v1_" not in name for name in names)
    described = {tag["name"] for tag in document["tags"]}
    assert {tag for each in operations for tag in each.told["tags"]} == described
