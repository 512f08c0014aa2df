"""Strict reading of JSON bodies: the declared content type, and no number written as text."""

from typing import Any

import msgspec
from litestar import Request

from market.api.error_mapping import BadRequest, UnsupportedMediaType
from market.kernel import FieldFault


class StrictJsonRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded as the type of the handler's `data`.

    Litestar converts `data` leniently, as it must for query strings, and takes `"3"` for a number.
    """

    async def json(self) -> Any:
        """Return the body as the type of `data`.

        Raises:
            UnsupportedMediaType: the body is declared as something else than JSON.
            BadRequest: the body is not JSON, or a field is missing, unknown or of another type.
        """
        if self.content_type[0] != "application/json":
            raise UnsupportedMediaType
        field = self.route_handler.parsed_data_field
        wanted = Any if field is None else field.annotation
        try:
            return msgspec.json.decode(await self.body() or b"null", type=wanted)
        except msgspec.ValidationError as error:
            message, _, path = str(error).partition(" - at `$")
            raise BadRequest(errors=(FieldFault(path.rstrip("`").lstrip(".") or "body", message),)) from error
        except msgspec.DecodeError as error:
            raise BadRequest(errors=(FieldFault("body", "is not readable"),)) from error
