"""Contacts of a county: whom its farmers call; kept by the county, and each farmer's own."""

from uuid import UUID

from litestar import Controller, Response, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.people.identity.access import require_official, require_scope_in_county
from market.people.identity.models import Actor, LocalContact
from market.places.counties.contacts import (
    Contact,
    ContactDetails,
    NewContact,
    add_contact,
    change_contact,
    end_contact,
    list_contacts,
)
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county


def read_own_county(actor: Actor, text: str) -> str:
    """Return the county of a path; for officials of other counties it does not exist."""
    county = read_county(text)
    require_official(actor)
    require_scope_in_county(actor, county)
    return county


class ContactController(Controller):
    """The register of contacts of a county."""

    path = "/api/v1/counties/{county:str}/contacts"
    tags = ["contacts"]

    @get(operation_id="ListContacts")
    async def list_contacts(
        self, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[Contact]:
        """List the contacts of a county, for its officials."""
        code = read_own_county(actor, county)
        async with db.connection() as conn:
            return await list_contacts(conn, code)

    @post(operation_id="AddContact", idempotent=True)
    async def add(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        data: JSONBody[NewContact],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Contact]:
        """Register the contact of a village, a township or the county."""

        async def work(conn: Connection) -> Contact:
            return await add_contact(conn, actor, read_own_county(actor, county), data, now=clock.now())

        return await run_once(request, db, actor, work)

    @put("/{contact_id:uuid}", operation_id="ChangeContact")
    async def change(
        self,
        *,
        county: FromPath[str],
        contact_id: FromPath[UUID],
        data: JSONBody[ContactDetails],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Contact:
        """Change the name, phone, hours or days of absence of a contact."""
        async with db.transaction() as conn:
            return await change_contact(conn, actor, read_own_county(actor, county), contact_id, data, now=clock.now())

    @post("/{contact_id:uuid}/end", operation_id="EndContact", status_code=204)
    async def end(
        self,
        *,
        county: FromPath[str],
        contact_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Remove a contact; the audit record keeps it."""
        async with db.transaction() as conn:
            await end_contact(conn, actor, read_own_county(actor, county), contact_id, now=clock.now())


@get("/api/v1/contacts/own", operation_id="GetOwnContact", tags=["contacts"])
async def get_own_contact(actor: NamedDependency[Actor]) -> LocalContact | None:
    """Return whom the account's sellers call; null if nobody is registered for their village, township or county."""
    return actor.contact


ROUTES = [ContactController, get_own_contact]
