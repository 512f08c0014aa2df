"""The API's page: every operation by tag, with its fields and answers, readable without a script."""

from collections import defaultdict
from typing import Any, cast, override

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin
from msgspec import Struct

from market.web.plumbing import page

Schema = dict[str, Any]


class Field(Struct, frozen=True):
    """A field or parameter: where it stands, its type in words, and whether it must be given."""

    name: str
    where: str
    kind: str
    required: bool
    words: str


class Operation(Struct, frozen=True):
    """One operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    fields: list[Field]
    answers: list[tuple[str, str]]


class Reference(OpenAPIRenderPlugin):
    """Renders the page at `/schema`; programs read `/schema/openapi.json`."""

    def __init__(self) -> None:
        super().__init__(path="/")

    @override
    def render(self, request: Request[Any, Any, Any], openapi_schema: Schema) -> bytes:
        response = page(request, "reference.html", {"tags": operations(openapi_schema)}, cache="public, max-age=60")
        return response.content


def operations(schema: Schema) -> list[tuple[str, list[Operation]]]:
    """Return the operations of a schema by tag, tags and operations in the order of their paths."""
    found: dict[str, list[Operation]] = defaultdict(list)
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            fields = [_parameter(parameter) for parameter in operation.get("parameters", [])]
            for media in operation.get("requestBody", {}).get("content", {}).values():
                fields += _body(schema, media.get("schema", {}))
            answers = [
                (status, str(answer.get("description", "")))
                for status, answer in operation.get("responses", {}).items()
            ]
            found[(operation.get("tags") or ["other"])[0]].append(
                Operation(
                    operation["operationId"],
                    method.upper(),
                    path,
                    operation.get("summary", ""),
                    operation.get("description", ""),
                    fields,
                    answers,
                )
            )
    return list(found.items())


def _parameter(parameter: Schema) -> Field:
    return Field(
        parameter["name"],
        parameter["in"],
        _kind(parameter.get("schema", {})),
        bool(parameter.get("required")),
        parameter.get("description", ""),
    )


def _body(schema: Schema, body: Schema) -> list[Field]:
    named = _resolved(schema, body)
    required = set(named.get("required", []))
    return [
        Field(name, "body", _kind(field), name in required, field.get("description", ""))
        for name, field in named.get("properties", {}).items()
    ]


def _resolved(schema: Schema, part: Schema) -> Schema:
    reference = part.get("$ref")
    if reference is None:
        return part
    return cast("Schema", schema["components"]["schemas"][str(reference).rpartition("/")[2]])


def _kind(field: Schema) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2].rpartition("_")[2]
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    for several in ("oneOf", "anyOf"):
        if several in field:
            return " | ".join(_kind(one) for one in field[several])
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    return str(field.get("format") or field.get("type") or "any")
