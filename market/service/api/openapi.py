"""What the OpenAPI schema adds to every operation: who may call it, the idempotency key, and the error body."""

from typing import Any, TypeAliasType, cast, get_args, override

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.routes import HTTPRoute
from msgspec import Meta

from market.service.api.idempotency import MAX_KEY_LENGTH
from market.service.api.problem import MEDIA_TYPE
from market.service.http import HttpRequest

_SCHEMA = "openapi_schema"
_TEXT = Schema(type=OpenAPIType.STRING)
PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    title="Problem",
    description="RFC 9457. `code` is stable; `errors` names each invalid field or row, with what would be right.",
    properties={
        "type": _TEXT,
        "title": _TEXT,
        "status": Schema(type=OpenAPIType.INTEGER),
        "detail": _TEXT,
        "code": _TEXT,
        "errors": Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.OBJECT, additional_properties=True)),
    },
    required=["type", "title", "status", "detail", "code"],
)
REFUSAL = OpenAPIResponse(
    description="A refusal; 429 and 503 have Retry-After.",
    content={MEDIA_TYPE: OpenAPIMediaType(schema=Reference(ref="#/components/schemas/Problem"))},
)
SECURITY_SCHEMES: dict[str, SecurityScheme | Reference] = {
    "token": SecurityScheme(type="http", scheme="bearer", description="The `token` that `SignIn` returns."),
    "cookie": SecurityScheme(
        type="apiKey", security_scheme_in="cookie", name="__Host-session", description="The session of a browser."
    ),
}
FILE = {"*/*": OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))}
"""A file, whose type is in the Content-Type of the response."""
IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    required=True,
    description="Identifies this request; repeated with the same key it runs once and returns the first response.",
    schema=Schema(type=OpenAPIType.STRING, min_length=1, max_length=MAX_KEY_LENGTH),
)


class SchemaPlugin(JsonRenderPlugin):
    """Return the schema for programs."""

    @override
    def render(self, request: HttpRequest, openapi_schema: dict[str, Any]) -> bytes:
        # The framework leaves the type of the request open.
        return self.render_json(request, load_schema(request.app))  # pyright: ignore[reportUnknownMemberType]


def load_schema(app: Litestar) -> dict[str, Any]:
    """Return the complete schema of an application, made when it is first asked for: it takes 20 MB and a second."""
    if _SCHEMA not in app.state:
        _complete_schema(app)
        schema = app.openapi_schema.to_schema()
        _unite_items(schema)
        app.state[_SCHEMA] = schema
    return app.state[_SCHEMA]


def _unite_items(part: object) -> None:
    """Give the items of each `tuple[X, ...]` the schema of X; the framework adds one that allows anything beside it."""
    if isinstance(part, dict):
        fields = cast("dict[str, object]", part)
        choices = cast("list[dict[str, object]]", fields.get("oneOf", []))
        if len(choices) == 2 and choices[1] == {}:
            del fields["oneOf"]
            fields.update(choices[0])
        for each in fields.values():
            _unite_items(each)
    elif isinstance(part, list):
        for each in cast("list[object]", part):
            _unite_items(each)


def _complete_schema(app: Litestar) -> None:
    """Add the security schemes, the idempotency keys and the error body to an application's schema, once."""
    schema = app.openapi_schema
    schema.components = schema.components or Components()
    if schema.components.security_schemes:
        return
    schema.components.security_schemes = SECURITY_SCHEMES
    schema.components.schemas = {**(schema.components.schemas or {}), "Problem": PROBLEM}
    handlers = {
        handler.operation_id: handler
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
    }
    for item in (schema.paths or {}).values():
        for operation in (item.get, item.put, item.post, item.delete):
            if operation is not None and operation.operation_id in handlers:
                _complete_operation(operation, handlers[operation.operation_id])


def _complete_operation(operation: Operation, handler: HTTPRouteHandler) -> None:
    operation.responses = {
        **{status: each for status, each in (operation.responses or {}).items() if status != "400"},
        "default": REFUSAL,
    }
    if bytes in [kind.annotation for kind in handler.parsed_fn_signature.return_type.inner_types]:
        for status, response in operation.responses.items():
            if status != "default" and isinstance(response, OpenAPIResponse):
                response.content = FILE
    _add_bounds(operation, handler)
    if "actor" in _list_dependencies(handler):
        operation.security = [{name: []} for name in SECURITY_SCHEMES]
    if handler.opt.get("idempotent"):
        operation.parameters = [*(operation.parameters or []), IDEMPOTENCY_KEY]


def _add_bounds(operation: Operation, handler: HTTPRouteHandler) -> None:
    """Add the bounds of named types to the parameters of an operation: the framework applies them and says nothing."""
    kinds = handler.parsed_fn_signature.parameters
    for parameter in operation.parameters or []:
        if isinstance(parameter, Reference) or parameter.name not in kinds:
            continue
        found, schema = _find_bounds(kinds[parameter.name].raw), parameter.schema
        if found is not None and isinstance(schema, Schema):
            schema = next((each for each in schema.one_of or () if isinstance(each, Schema)), schema)
            schema.minimum, schema.maximum = found.ge, found.le
            schema.min_length, schema.max_length = found.min_length, found.max_length


def _find_bounds(kind: object) -> Meta | None:
    """Return the bounds of the first named type in an annotation, if it has any."""
    if isinstance(kind, TypeAliasType):
        return next((each for each in get_args(kind.__value__) if isinstance(each, Meta)), None)
    return next((found for each in get_args(kind) if (found := _find_bounds(each)) is not None), None)


def _list_dependencies(handler: HTTPRouteHandler) -> set[str]:
    """Return the names of what a handler takes, and of what that is made from."""
    providers, found = handler.resolve_dependencies(), set[str]()
    pending = set(handler.parsed_fn_signature.parameters)
    while pending:
        name = pending.pop()
        found.add(name)
        if name in providers:
            pending |= set(providers[name].parsed_fn_signature.parameters) - found
    return found
