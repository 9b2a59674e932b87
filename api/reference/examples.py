"""Composes the example of a schema out of the story: nothing is written down twice (E-OPS-4)."""

from collections.abc import Mapping
from typing import Any

from api.reference.story import VALUES, WORDS, Values

Schema = Mapping[str, Any]
KINDS = {str: "string", bool: "boolean", int: "integer", list: "array", dict: "object", type(None): "null"}


class Composer:
    """Examples of a document's schemas; `gaps` are the fields for which neither story, word nor field says a value."""

    def __init__(self, schemas: Mapping[str, Schema], values: Values = VALUES) -> None:
        self._schemas, self._values = schemas, values
        self.gaps: set[str] = set()

    def of(self, schema: Schema, *, whole: bool, place: str = "") -> Any:
        """One example; a request (not `whole`) has the fields it needs and those the story names."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self.of(self._schemas[name], whole=whole, place=name)
        if "properties" in schema:
            return self._object(schema, whole=whole, place=place)
        if alternatives := [each for each in schema.get("anyOf", schema.get("oneOf", ())) if not _null(each)]:
            return self.of(alternatives[0], whole=whole, place=place)
        if schema.get("type") == "array" and "examples" not in schema:
            return [self.of(schema.get("items", {}), whole=whole, place=place)]
        return self._plain(schema, place)

    def _object(self, schema: Schema, *, whole: bool, place: str) -> dict[str, Any]:
        told, needed = self._values.get(place, {}), schema.get("required", ())
        made: dict[str, Any] = {}
        for name, field in schema["properties"].items():
            if name in told and (whole or name in needed or told[name] is not None):
                made[name] = told[name]
            elif name not in told and (whole or name in needed):
                made[name] = self._field(name, field, whole=whole, place=f"{place}.{name}")
        return made

    def _field(self, name: str, field: Schema, *, whole: bool, place: str) -> Any:
        if _refers(field):
            return self.of(field, whole=whole, place=place)
        if name in WORDS and KINDS[type(WORDS[name])] in _kinds(field):
            return WORDS[name]
        return self._plain(field, place)

    def _plain(self, field: Schema, place: str) -> Any:
        options = [field, *field.get("anyOf", ())]
        for key in ("examples", "enum"):
            if found := next((each[key][0] for each in options if key in each), None):
                return found
        if "const" in field:
            return field["const"]
        if "null" in _kinds(field) or field.get("default") is not None:
            return field.get("default")
        self.gaps.add(place)
        return None


def merged(example: Any, change: Any) -> Any:
    """An example with a part of it changed; lists of as many objects are changed one by one."""
    if isinstance(example, Mapping) and isinstance(change, Mapping):
        return {**example, **{name: merged(example.get(name), value) for name, value in change.items()}}
    if isinstance(example, list) and isinstance(change, list) and len(example) == len(change):
        return [merged(one, other) for one, other in zip(example, change, strict=True)]
    return change


def _null(schema: Schema) -> bool:
    return schema.get("type") == "null"


def _kinds(field: Schema) -> set[str]:
    kinds = {each.get("type", "") for each in (field, *field.get("anyOf", ()))}
    return kinds | {"string" for each in (field, *field.get("anyOf", ())) if "enum" in each}


def _refers(field: Schema) -> bool:
    """Whether an object with a name of its own stands in the field."""
    if "$ref" in field:
        return True
    inner = [*field.get("anyOf", ()), *([field["items"]] if "items" in field else [])]
    return any(_refers(each) for each in inner)
