"""The numbers of a county's printed forms (表号)."""

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.places.counties.form_numbers import FormNumber, list_form_numbers, set_form_number
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county


class FormNumberController(Controller):
    """The numbers of printed forms of a county."""

    path = "/api/v1/counties/{county:str}/form-numbers"
    tags = ("subsidies",)

    @get(operation_id="ListFormNumbers")
    async def list(
        self, *, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[FormNumber]:
        """List the numbers of the county's forms, the latest of each first."""
        code = read_county(county)
        get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await list_form_numbers(conn, code)

    @post(operation_id="SetFormNumber", idempotent=True)
    async def set(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        data: JSONBody[FormNumber],
    ) -> Response[FormNumber]:
        """Set the number of a form from a day on; papers of periods before keep theirs."""
        code = read_county(county)

        async def set_number(conn: Connection) -> FormNumber:
            await set_form_number(conn, actor, code, data, now=clock.now())
            return data

        return await run_once(request, db, actor, set_number, scope=code)


ROUTES = [FormNumberController]
