"""The API reference page: every operation by tag, with its fields and responses, without scripts."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any, cast, override

from litestar import Litestar
from litestar.openapi.plugins import OpenAPIRenderPlugin
from msgspec import Struct

from market.service.http import HttpRequest
from market.service.web.pages import render_page

Schema = dict[str, Any]


class OperationField(Struct, frozen=True):
    """A field or parameter: its location, its type in words, and whether it is required."""

    name: str
    where: str
    kind: str
    required: bool
    words: str


class ApiOperation(Struct, frozen=True):
    """An operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    words: str
    fields: list[OperationField]
    responses: list[tuple[str, str]]


class ApiReferencePlugin(OpenAPIRenderPlugin):
    """Render the page at `/schema`; programs read `/schema/openapi.json`."""

    def __init__(self, load_schema: Callable[[Litestar], Schema]) -> None:
        super().__init__(path="/")
        self._load_schema = load_schema

    @override
    def render(self, request: HttpRequest, openapi_schema: Schema) -> bytes:
        context = {"tags": list_operations(self._load_schema(request.app))}
        response = render_page(request, "api_reference.html", context, cache="public, max-age=60")
        return response.content


def list_operations(schema: Schema) -> list[tuple[str, list[ApiOperation]]]:
    """Return the operations of a schema by tag, in the order of their paths."""
    by_tag: dict[str, list[ApiOperation]] = defaultdict(list)
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            fields = [_parameter_field(parameter) for parameter in operation.get("parameters", [])]
            for media in operation.get("requestBody", {}).get("content", {}).values():
                fields += _body_fields(schema, media.get("schema", {}))
            responses = [
                (status, str(response.get("description", "")))
                for status, response in operation.get("responses", {}).items()
            ]
            by_tag[(operation.get("tags") or ["other"])[0]].append(
                ApiOperation(
                    operation["operationId"],
                    method.upper(),
                    path,
                    operation.get("summary", ""),
                    operation.get("description", ""),
                    fields,
                    responses,
                )
            )
    return list(by_tag.items())


def _parameter_field(parameter: Schema) -> OperationField:
    return OperationField(
        parameter["name"],
        parameter["in"],
        _describe_type(parameter.get("schema", {})),
        bool(parameter.get("required")),
        parameter.get("description", ""),
    )


def _body_fields(schema: Schema, body: Schema) -> list[OperationField]:
    named = _resolve(schema, body)
    required = set(named.get("required", []))
    return [
        OperationField(name, "body", _describe_type(field), name in required, field.get("description", ""))
        for name, field in named.get("properties", {}).items()
    ]


def _resolve(schema: Schema, part: Schema) -> Schema:
    reference = part.get("$ref")
    if reference is None:
        return part
    return cast("Schema", schema["components"]["schemas"][str(reference).rpartition("/")[2]])


def _describe_type(field: Schema) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2].rpartition("_")[2]
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    for several in ("oneOf", "anyOf"):
        if several in field:
            return " | ".join(_describe_type(one) for one in field[several])
    if field.get("type") == "array":
        return f"list of {_describe_type(field.get('items', {}))}"
    return str(field.get("format") or field.get("type") or "any")
