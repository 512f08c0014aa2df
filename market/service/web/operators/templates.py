"""The public page of the templates: what an operator's files hold, and how to check one before it is sent."""

import asyncio

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel.sheets.spreadsheet import MAX_ROWS
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.pages import render_page
from market.subsidies.imports.formats.templates import list_column_help, write_manifest_template, write_template
from market.subsidies.imports.kinds import OPERATOR_KINDS

MANIFEST = "manifest"
_PUBLIC = "public, max-age=300"


@get("/templates", include_in_schema=False)
async def show_templates(request: HttpRequest, visitor: NamedDependency[Actor | None]) -> Response[bytes]:
    """Show the columns of each file of an operator, with its template."""
    context = {"kinds": [(kind, list_column_help(kind)) for kind in OPERATOR_KINDS.values()], "max_rows": MAX_ROWS}
    return render_page(request, "operators/templates.html", context, actor=visitor, cache=_PUBLIC)


@get("/templates/{kind:str}", include_in_schema=False)
async def download_template(request: HttpRequest, kind: FromPath[str]) -> Response[bytes]:
    """Download a template, with `format=csv` as CSV; `manifest` is that of the CSV template of a bill.

    Raises:
        NotFound: operators send no file of this kind.
    """
    if kind == MANIFEST:
        template = await asyncio.to_thread(write_manifest_template)
        return download_file(template.content, template.name, template.media_type)
    chosen = OPERATOR_KINDS.get(kind)
    if chosen is None:
        raise NotFound
    wanted = FileFormat.CSV if request.query_params.get("format") == "csv" else FileFormat.XLSX
    template = await asyncio.to_thread(write_template, chosen, wanted)
    return download_file(template.content, template.name, template.media_type)


ROUTES = [show_templates, download_template]
