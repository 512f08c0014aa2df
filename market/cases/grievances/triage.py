"""Triage a grievance: say what it is about, and link it to what it concerns; links are added and never removed."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import record_case_looks
from market.cases.casework.models import CaseNotMovable, CaseState, LockedCase
from market.cases.casework.moves import lock_case
from market.cases.grievances.models import GrievanceInvalid, GrievanceNotTriaged, GrievanceTopic, GrievanceTriagedBefore
from market.cases.grievances.views import Grievance, get_grievance
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_case_role
from market.people.identity.models import Actor, NotFound


class GrievanceLinks(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a grievance is about: the code of a line, a finding by its id, the notice of a lead by its number.

    `officer` is the name or the account of the county's official who is complained of; of namesakes the account.
    """

    line: str = ""
    finding_id: UUID | None = None
    lead: int | None = None
    officer: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing is linked."""
        return self == GrievanceLinks()


class _KnownLinks(Struct, frozen=True):
    line: bool
    finding: bool
    lead_id: UUID | None
    officer_id: UUID | None
    handles: list[str]

    @property
    def namesakes(self) -> list[str]:
        """The accounts of several officials who have the name; empty if it is one's, or if an account was named."""
        return self.handles if len(self.handles) > 1 else []


FIND_LINKS = Query(
    _KnownLinks,
    """
    SELECT EXISTS (SELECT FROM lines WHERE county_code = :county AND code = :line) AS line,
           EXISTS (SELECT FROM findings WHERE county_code = :county AND id = :finding_id::uuid) AS finding,
           (SELECT id FROM leads WHERE county_code = :county AND number = :lead::bigint) AS lead_id,
           officers.ids[1] AS officer_id, officers.handles
      FROM (SELECT array_agg(a.id ORDER BY a.handle = btrim(:officer) DESC, a.id) AS ids,
                   CASE WHEN bool_or(a.handle = btrim(:officer)) THEN '{}'
                        ELSE coalesce(array_agg(a.handle ORDER BY a.handle), '{}') END AS handles
              FROM accounts a
             WHERE (a.handle = btrim(:officer)
                    OR (a.handle IS NOT NULL AND fold_official_name(a.name) = fold_official_name(:officer)))
               AND EXISTS (SELECT FROM grants WHERE account_id = a.id AND starts_with(scope, :county))) AS officers
    """,
)
TRIAGE = Query(
    int,
    """
    UPDATE grievances
       SET topic = :topic, triaged_at = :now, triaged_by = :account_id, line_code = :line, finding_id = :finding_id,
           lead_id = :lead_id, officer_id = :officer_id
     WHERE case_id = :case_id AND triaged_at IS NULL
    RETURNING 1
    """,
)
# What is linked stays linked: a link bars people from the answer.
ADD_LINKS = Query(
    int,
    """
    UPDATE grievances
       SET line_code = coalesce(line_code, :line), finding_id = coalesce(finding_id, :finding_id),
           lead_id = coalesce(lead_id, :lead_id), officer_id = coalesce(officer_id, :officer_id)
     WHERE case_id = :case_id AND triaged_at IS NOT NULL
    RETURNING 1
    """,
)


async def triage_grievance(
    conn: Connection,
    seal: Seal,
    official: Actor,
    case_id: UUID,
    *,
    topic: str,
    links: GrievanceLinks,
    now: datetime,
) -> Grievance:
    """Say what a grievance is about, once, and link it to what it concerns.

    Another official of the level answers it. In the caller's transaction, whose scope is the county of the case.

    Raises:
        NotFound: the grievance is not for the official to answer.
        SecondFactorRequired: the session has no second factor.
        GrievanceInvalid: the topic is unknown, or the county has no such line, finding, lead or official.
        GrievanceTriagedBefore: it was triaged before.
        CaseNotMovable: it was answered or withdrawn.
    """
    grievance, _ = await lock_assigned(conn, seal, official, case_id, now=now)
    chosen = next((each for each in GrievanceTopic if each == topic), None)
    known = await FIND_LINKS.one(conn, county=grievance.county_code, **_as_parameters(links))
    faults = [*([FieldFault("topic", "请选什么事")] if chosen is None else []), *_list_faults(links, known)]
    if faults or chosen is None:
        raise GrievanceInvalid(errors=tuple(faults))
    triaged = await TRIAGE.maybe(
        conn, case_id=case_id, topic=chosen, now=now, account_id=official.account_id, **_as_columns(links, known)
    )
    if triaged is None:
        raise GrievanceTriagedBefore
    return await read_grievance(conn, seal, case_id)


async def link_grievance(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, links: GrievanceLinks, now: datetime
) -> Grievance:
    """Link a triaged grievance to what it concerns and is not linked to yet; the next level may, too.

    Raises:
        NotFound, SecondFactorRequired, CaseNotMovable: see `triage_grievance`.
        GrievanceInvalid: nothing is named, or the county has no such line, finding, lead or official.
        GrievanceNotTriaged: it was not triaged.
    """
    grievance, case = await lock_assigned(conn, seal, official, case_id, now=now)
    known = await FIND_LINKS.one(conn, county=grievance.county_code, **_as_parameters(links))
    faults = [FieldFault("line", "请写一样")] if links.empty else _list_faults(links, known)
    if faults:
        raise GrievanceInvalid(errors=tuple(faults))
    if await ADD_LINKS.maybe(conn, case_id=case_id, **_as_columns(links, known)) is None:
        raise GrievanceNotTriaged
    await add_audit_entry(
        conn,
        actor=str(official.account_id),
        action="grievance.link",
        object=f"case:{case.number}",
        detail={"day": get_business_day(now).isoformat()},
        now=now,
    )
    return await read_grievance(conn, seal, case_id)


async def get_assigned(conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, now: datetime) -> Grievance:
    """Return a grievance that the official's role answers now. The look is recorded.

    Raises:
        NotFound: it does not exist, or is for another role or county.
        SecondFactorRequired: the session has no second factor.
    """
    grievance = await _find_assigned(conn, seal, official, case_id)
    await record_case_looks(conn, official, [grievance], now=now)
    return grievance


async def _find_assigned(conn: Connection, seal: Seal, official: Actor, case_id: UUID) -> Grievance:
    grievance = await get_grievance(conn, seal, case_id)
    if grievance is None:
        raise NotFound
    require_case_role(official, grievance.assignee, grievance.county_code)
    return grievance


async def lock_assigned(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID, *, now: datetime
) -> tuple[Grievance, LockedCase]:
    """Lock the case of a grievance that the official's role answers now, and return both. The look is recorded.

    Raises:
        NotFound: it does not exist, or is for another role or county.
        SecondFactorRequired: the session has no second factor.
        CaseNotMovable: it was answered or withdrawn, or another level answers it by now.
    """
    found = await _find_assigned(conn, seal, official, case_id)
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED or case.assignee != found.assignee:
        raise CaseNotMovable(state=case.state)
    grievance = await read_grievance(conn, seal, case_id)
    # The chain of the record is locked after the case, as by the moves of it.
    await record_case_looks(conn, official, [grievance], now=now)
    return grievance, case


async def read_grievance(conn: Connection, seal: Seal, case_id: UUID) -> Grievance:
    """Return a grievance that was just changed."""
    grievance = await get_grievance(conn, seal, case_id)
    assert grievance is not None, "a grievance is not deleted"
    return grievance


def _as_parameters(links: GrievanceLinks) -> dict[str, object]:
    return {"line": links.line, "finding_id": links.finding_id, "lead": links.lead, "officer": links.officer}


def _as_columns(links: GrievanceLinks, known: _KnownLinks) -> dict[str, object]:
    return {
        "line": links.line or None,
        "finding_id": links.finding_id,
        "lead_id": known.lead_id,
        "officer_id": known.officer_id if links.officer else None,
    }


def _list_faults(links: GrievanceLinks, known: _KnownLinks) -> list[FieldFault]:
    return [
        FieldFault(field, message)
        for field, wrong, message in (
            ("line", bool(links.line) and not known.line, "县里没有这个业务编号"),
            ("finding", links.finding_id is not None and not known.finding, "县里没有这件疑点"),
            ("lead", links.lead is not None and known.lead_id is None, "县里没有这条线索"),
            ("officer", bool(links.officer) and known.officer_id is None, "县里没有叫这个名字的办事人员"),
            (
                "officer",
                bool(links.officer) and bool(known.namesakes),
                f"有 {len(known.namesakes)} 位叫这个名字，请写账号：{'、'.join(known.namesakes)}",
            ),
        )
        if wrong
    ]
