"""What operators send, over HTTP: the public templates of their files."""

import asyncio

from litestar import Response, Router, get
from litestar.params import FromPath, FromQuery

from market.api.subsidy_imports import build_download
from market.identity.models import NotFound
from market.sheets.write_spreadsheet import FileFormat
from market.subsidies.imports.kinds import OPERATOR_KINDS
from market.subsidies.imports.templates import write_template


@get("/templates/{kind:str}", operation_id="GetOperatorTemplate")
async def get_operator_template(
    kind: FromPath[str], file_format: FromQuery[FileFormat] = FileFormat.XLSX
) -> Response[bytes]:
    """Return the template of a file that operators send (billing, usage, bindings, plans); nobody needs to sign in."""
    chosen = OPERATOR_KINDS.get(kind)
    if chosen is None:
        raise NotFound
    return build_download(await asyncio.to_thread(write_template, chosen, file_format))


ROUTES = [Router(path="/api/v1/operators", route_handlers=[get_operator_template], tags=["subsidies"])]
