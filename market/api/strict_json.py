"""Strict reading of JSON bodies: the declared content type, and no number written as text."""

from typing import Any, cast

import msgspec
from litestar import Request

from market.api.error_mapping import UNSTORABLE, BadRequest, UnsupportedMediaType
from market.kernel import FieldFault


class StrictJsonRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded as the type of the handler's `data`.

    Litestar converts `data` leniently, as it must for query strings, and takes `"3"` for a number.
    """

    async def json(self) -> Any:
        """Return the body as the type of `data`.

        Raises:
            UnsupportedMediaType: the body is declared as something else than JSON.
            BadRequest: the body is not JSON, or a field is missing, unknown, of another type or has U+0000.
        """
        if self.content_type[0] != "application/json":
            raise UnsupportedMediaType
        body = await self.body() or b"null"
        field = self.route_handler.parsed_data_field
        wanted = Any if field is None else field.annotation
        try:
            data = msgspec.json.decode(body, type=wanted)
            fields = _list_unstorable(msgspec.json.decode(body)) if b"\\u0000" in body else []
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            raise BadRequest(errors=(FieldFault(path.rstrip("`").lstrip(".") or "body", message),)) from error
        except msgspec.DecodeError as error:
            raise BadRequest(errors=(FieldFault("body", "is not readable"),)) from error
        if fields:
            raise BadRequest(errors=tuple(FieldFault(field or "body", UNSTORABLE) for field in fields))
        return data


def _list_unstorable(value: object, path: str = "") -> list[str]:
    """Return the paths of the texts in a decoded body that no column can store: those with U+0000."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return [each for name in fields for each in _list_unstorable(fields[name], f"{path}.{name}".lstrip("."))]
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [each for n, item in enumerate(items) for each in _list_unstorable(item, f"{path}[{n}]")]
    return [path] if isinstance(value, str) and "\0" in value else []
