"""What a county holds already, in the form of the files that it imports; importing it again changes nothing."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import MAX_ROWS
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.audit.record import record_export
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor, NotFound
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.imports.binding_facts import BINDING_IDENTITY_CONTEXT, get_binding_cells, list_bindings
from market.subsidies.imports.budget import LIST_BUDGETS, get_budget_cells
from market.subsidies.imports.differences import format_optional
from market.subsidies.imports.enrolments import (
    AGENT_IDENTITY_CONTEXT,
    ASSESSOR_IDENTITY_CONTEXT,
    ENROLMENT_IDENTITY_CONTEXT,
    LIST_ENROLMENTS,
    get_enrolment_cells,
)
from market.subsidies.imports.formats.templates import Download, write_rows
from market.subsidies.imports.kinds import ImportKind
from market.subsidies.imports.lists import LIST_LISTED_FACTS, get_listed_cells
from market.subsidies.imports.opening import LIST_OPENINGS, get_opening_cells
from market.subsidies.imports.plans import LIST_PLAN_VERSIONS, get_plan_cells
from market.subsidies.imports.register_changes import get_membership_cells, get_person_cells, get_status_cells
from market.subsidies.month.steps import DUTY_ROLES
from market.subsidies.names import KIND_NAMES, OPERATOR_NAMES, Operator, ServiceKind
from market.subsidies.programmes.source import ProgrammesSource
from market.subsidies.programmes.stored import load_programmes
from market.subsidies.register.queries import (
    IDENTITY_CONTEXT,
    LIST_KNOWN_MEMBERSHIPS,
    LIST_KNOWN_PERSONS,
    LIST_KNOWN_STATUSES,
    NAME_CONTEXT,
)

type Rows = list[dict[str, str]]


class _SealedIdentity(Struct, frozen=True):
    identity_index: bytes
    identity_sealed: bytes


class _Lineage(Struct, frozen=True):
    code: str
    split_from: str


class _RegisterCheck(Struct, frozen=True):
    household: str
    checked_on: date


class _UsageDay(Struct, frozen=True):
    number_id: int
    number_sealed: bytes
    operator: Operator
    kind: ServiceKind
    used_on: date


LIST_SEALED_IDENTITIES = Query(
    _SealedIdentity, "SELECT identity_index, identity_sealed FROM persons WHERE county_code = :county"
)
LIST_LINEAGES = Query(
    _Lineage, "SELECT code, split_from FROM households WHERE county_code = :county AND split_from IS NOT NULL"
)
LIST_REGISTER_CHECKS = Query(
    _RegisterCheck, "SELECT household_code AS household, checked_on FROM register_checks WHERE county_code = :county"
)
LIST_USAGE_DAYS = Query(
    _UsageDay,
    """
    SELECT number_id, value_sealed AS number_sealed, operator, kind, used_on
      FROM usage_days JOIN identifiers ON id = number_id
     WHERE county_code = :county
     ORDER BY used_on DESC, operator, kind, number_id
     LIMIT :limit
    """,
)


async def load_held(
    conn: Connection, actor: Actor | None, county: str, kind: ImportKind, *, seal: Seal, now: datetime
) -> Rows | ProgrammesSource:
    """Return what the county holds of a kind, as the rows of its file; the audit record keeps who took it.

    Of the days of use it is the latest 300,000. The names beside bindings are not stored, so their column is empty.

    Raises:
        NotSignedIn: there is no actor.
        NotAllowed: the actor does not have the role that imports the kind, for the whole county.
        SecondFactorRequired: the session has no second factor.
        NotFound: the rows of the kind are not the county's own; the originals of its files are kept.
    """
    actor = require_county_role(actor, DUTY_ROLES[kind.duty], county)
    if not kind.keeps_rows:
        raise NotFound
    held = await _LOADERS[kind.name](conn, county, seal) if kind.columns else await load_programmes(conn, county)
    await record_export(
        conn,
        actor=str(actor.account_id),
        name=kind.name,
        county=county,
        detail={"rows": len(held.programmes if isinstance(held, ProgrammesSource) else held)},
        now=now,
    )
    return held


def write_held(kind: ImportKind, held: Rows | ProgrammesSource, file_format: FileFormat) -> Download:
    """Return what a county holds as a file; programmes are JSON in either format. A large one takes seconds."""
    if isinstance(held, ProgrammesSource):
        content = msgspec.json.format(msgspec.json.encode(held), indent=2)
        return Download(f"{kind.name_zh}-现有.json", "application/json", content)
    return write_rows(kind, "现有", held, file_format)


async def _load_register(conn: Connection, county: str, seal: Seal) -> Rows:
    persons = {each.identity_index: each for each in await LIST_KNOWN_PERSONS.all(conn, county=county)}
    identities = await _load_identities(conn, county)
    statuses = {each.household: each.status for each in await LIST_KNOWN_STATUSES.all(conn, county=county)}
    lineages = {each.code: each.split_from for each in await LIST_LINEAGES.all(conn, county=county)}
    checks = {each.household: each.checked_on for each in await LIST_REGISTER_CHECKS.all(conn, county=county)}
    memberships = await LIST_KNOWN_MEMBERSHIPS.all(conn, county=county)
    memberships.sort(key=lambda each: (each.household, each.member_number, each.start))
    return [
        {
            **get_membership_cells(each),
            **get_status_cells(statuses[each.household]),
            **get_person_cells(person := persons[each.identity_index], seal.open(person.name_sealed, NAME_CONTEXT)),
            "identity": seal.open(identities[each.identity_index], IDENTITY_CONTEXT),
            "split_from": lineages.get(each.household, ""),
            "checked_on": format_optional(checks.get(each.household)),
        }
        for each in memberships
    ]


async def _load_identities(conn: Connection, county: str) -> dict[bytes, bytes]:
    return {each.identity_index: each.identity_sealed for each in await LIST_SEALED_IDENTITIES.all(conn, county=county)}


async def _load_enrolments(conn: Connection, county: str, seal: Seal) -> Rows:
    identities = await _load_identities(conn, county)

    def open_identity(index: bytes, sealed: bytes | None) -> str:
        return _open_identity(seal, sealed, ENROLMENT_IDENTITY_CONTEXT, identities.get(index))

    return [
        {
            **get_enrolment_cells(each),
            "identity": open_identity(each.identity_index, each.identity_sealed),
            "agent_identity": _open_identity(seal, each.agent_identity_sealed, AGENT_IDENTITY_CONTEXT),
            "assessor_identity": _open_identity(seal, each.assessor_identity_sealed, ASSESSOR_IDENTITY_CONTEXT),
        }
        for each in await LIST_ENROLMENTS.all(conn, county=county)
    ]


async def _load_bindings(conn: Connection, county: str, seal: Seal) -> Rows:
    identities = await _load_identities(conn, county)

    def open_identity(index: bytes, sealed: bytes | None) -> str:
        return _open_identity(seal, sealed, BINDING_IDENTITY_CONTEXT, identities.get(index))

    return [
        {**get_binding_cells(each), "identity": open_identity(each.identity_index, each.identity_sealed)}
        for each in await list_bindings(conn, seal, county)
    ]


def _open_identity(seal: Seal, sealed: bytes | None, context: str, registered: bytes | None = None) -> str:
    """Return an identity number; facts of before it was kept beside them take it from the register, if it is there."""
    if sealed is not None:
        return seal.open(sealed, context)
    return seal.open(registered, IDENTITY_CONTEXT) if registered is not None else ""


async def _load_plans(conn: Connection, county: str, _: Seal) -> Rows:
    # The services of a bundle are in one row.
    plans = {(each.code, each.start): each for each in await LIST_PLAN_VERSIONS.all(conn, county=county)}
    return [get_plan_cells(each) for each in plans.values()]


async def _load_budget(conn: Connection, county: str, _: Seal) -> Rows:
    return [get_budget_cells(each) for each in await LIST_BUDGETS.all(conn, county=county)]


async def _load_opening(conn: Connection, county: str, _: Seal) -> Rows:
    return [get_opening_cells(each) for each in await LIST_OPENINGS.all(conn, county=county)]


async def _load_usage(conn: Connection, county: str, seal: Seal) -> Rows:
    days = await LIST_USAGE_DAYS.all(conn, county=county, limit=MAX_ROWS)
    sealed = {each.number_id: each.number_sealed for each in days}
    numbers = {number_id: seal.open(value, IDENTIFIER_CONTEXT) for number_id, value in sealed.items()}
    days.sort(key=lambda each: (-each.used_on.toordinal(), each.operator, each.kind, numbers[each.number_id]))
    return [
        {
            "number": numbers[each.number_id],
            "operator": OPERATOR_NAMES[each.operator],
            "kind": KIND_NAMES[each.kind],
            "used_on": str(each.used_on),
        }
        for each in days
    ]


async def _load_lists(conn: Connection, county: str, seal: Seal) -> Rows:
    return [get_listed_cells(each, seal) for each in await LIST_LISTED_FACTS.all(conn, county=county)]


_LOADERS: dict[str, Callable[[Connection, str, Seal], Awaitable[Rows]]] = {
    "register": _load_register,
    "enrolments": _load_enrolments,
    "bindings": _load_bindings,
    "plans": _load_plans,
    "budget": _load_budget,
    "opening": _load_opening,
    "usage": _load_usage,
    "lists": _load_lists,
}
