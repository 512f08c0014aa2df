"""Strict reading of JSON bodies: the declared content type, and no number written as text."""

import json
import re
from typing import Any, cast

import msgspec
from litestar import Request

from market.kernel import FieldFault
from market.service.api.error_mapping import UNSTORABLE, BadRequest, UnsupportedMediaType, is_unstorable

_ESCAPED = re.compile(rb"\\u(?:0000|d[89a-f])", re.IGNORECASE)


class StrictJsonRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded as the type of the handler's `data`.

    Litestar converts `data` leniently, as it must for query strings, and takes `"3"` for a number.
    """

    async def json(self) -> Any:
        """Return the body as the type of `data`.

        Raises:
            UnsupportedMediaType: the body is declared as something else than JSON.
            BadRequest: the body is not JSON, or a field is missing, unknown, of another type or not storable.
        """
        if self.content_type[0] != "application/json":
            raise UnsupportedMediaType
        body = await self.body() or b"null"
        field = self.route_handler.parsed_data_field
        wanted = Any if field is None else field.annotation
        try:
            data = msgspec.json.decode(body, type=wanted)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            raise BadRequest(errors=(FieldFault(path.rstrip("`").lstrip(".") or "body", message),)) from error
        except msgspec.DecodeError as error:
            _refuse_unstorable(body)
            raise BadRequest(errors=(FieldFault("body", "is not readable"),)) from error
        _refuse_unstorable(body)
        return data


def _refuse_unstorable(body: bytes) -> None:
    """Refuse texts that no column can store: those with U+0000 or half of a surrogate pair, which msgspec cannot read.

    Raises:
        BadRequest: there are some; each is named by its field.
    """
    if _ESCAPED.search(body) is None:
        return
    try:
        fields = _list_unstorable(json.loads(body))
    except ValueError:
        return
    if fields:
        raise BadRequest(errors=tuple(FieldFault(field or "body", UNSTORABLE) for field in fields))


def _list_unstorable(value: object, path: str = "") -> list[str]:
    """Return the paths of the unstorable texts in a decoded body; of such a name, the path of what it is in."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        return [
            each
            for name in fields
            for each in (
                [path] if is_unstorable(name) else _list_unstorable(fields[name], f"{path}.{name}".lstrip("."))
            )
        ]
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [each for n, item in enumerate(items) for each in _list_unstorable(item, f"{path}[{n}]")]
    return [path] if isinstance(value, str) and is_unstorable(value) else []
