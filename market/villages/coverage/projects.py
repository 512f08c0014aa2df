"""Projects for coverage: planned, building, done, and accepted by another person; back if it is not done."""

from datetime import date, datetime
from uuid import UUID

from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.places.divisions.village_periods import find_village_fault
from market.villages.coverage.models import (
    NewProject,
    Project,
    ProjectInvalid,
    ProjectNotMovable,
    ProjectState,
)
from market.villages.coverage.register import list_operators

MAX_PLANNED_FEN = 10_000_000_000_00
MAX_NAME_LENGTH, MAX_REASON_LENGTH = 60, 200
MAX_LISTED = 200

LIST_PROJECTS = Query(
    Project,
    """
    SELECT p.id, village_code, d.name AS village, o.name AS operator_name, f.name AS funder, p.name, planned_fen,
           spent_fen, overrun_reason, state, done_on, accepted_on
      FROM coverage_projects p
      JOIN divisions d ON d.code = village_code
      JOIN operators o ON o.code = operator
      LEFT JOIN organisations f ON f.id = funded_by
     WHERE p.county_code = :county AND (:village::text = '' OR village_code = :village)
     ORDER BY state = 'accepted', p.id DESC
     LIMIT :limit
    """,
)
ADD_PROJECT = Query(
    UUID,
    """
    INSERT INTO coverage_projects (county_code, village_code, operator, name, planned_fen, funded_by, added_by,
                                   added_at)
    VALUES (:county, :village_code, :operator, :name, :planned_fen, :funded_by, :account_id, :now)
    RETURNING id
    """,
)
IS_VERIFIED = Query(
    bool, "SELECT EXISTS (SELECT FROM organisations WHERE id = :organisation_id AND verified_at IS NOT NULL)"
)
LOCK_PROJECT = Query(
    UUID, "SELECT id FROM coverage_projects WHERE id = :project_id AND county_code = :county FOR NO KEY UPDATE"
)
BUILD = Query(
    UUID,
    """
    UPDATE coverage_projects
       SET spent_fen = :spent_fen, overrun_reason = :reason, state = :state, done_on = :done_on,
           done_by = CASE WHEN :done_on::date IS NOT NULL THEN :account_id::uuid END
     WHERE id = :project_id AND state IN ('planned', 'building')
       AND (:spent_fen::bigint <= planned_fen OR :reason::text <> '')
    RETURNING id
    """,
)
EXCEEDS_PLAN = Query(bool, "SELECT :spent_fen::bigint > planned_fen FROM coverage_projects WHERE id = :project_id")
ACCEPT = Query(
    UUID,
    """
    UPDATE coverage_projects SET state = 'accepted', accepted_on = :day, accepted_by = :account_id
     WHERE id = :project_id AND state = 'done' AND NOT is_same_person(done_by, :account_id)
    RETURNING id
    """,
)
REOPEN = Query(
    UUID,
    """
    UPDATE coverage_projects
       SET state = 'building', done_on = NULL, done_by = NULL, accepted_on = NULL, accepted_by = NULL
     WHERE id = :project_id AND state IN ('done', 'accepted')
    RETURNING id
    """,
)


async def list_projects(conn: Connection, county: str, *, village: str = "") -> list[Project]:
    """Return the projects of a county, or of one village of it, those under way first; at most 200."""
    return await LIST_PROJECTS.all(conn, county=county, village=village, limit=MAX_LISTED)


async def add_project(conn: Connection, actor: Actor, county: str, new: NewProject, *, now: datetime) -> UUID:
    """Plan a project of the county, in the caller's transaction.

    Raises:
        NotAllowed, SecondFactorRequired: the actor does not keep the county's register.
        ProjectInvalid: fields are invalid; `errors` lists each.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    name = clean_text(new.name)
    faults: list[FieldFault] = []
    fault = await find_village_fault(conn, new.village_code, day=get_business_day(now))
    if fault or not new.village_code.startswith(county):
        faults.append(FieldFault("village", fault or "请选本县的村"))
    if new.operator not in {each.code for each in await list_operators(conn)}:
        faults.append(FieldFault("operator", "请选哪家运营商"))
    if not 2 <= len(name) <= MAX_NAME_LENGTH:
        faults.append(FieldFault("name", f"写建什么，2 到 {MAX_NAME_LENGTH} 个字"))
    if not 0 < new.planned_fen <= MAX_PLANNED_FEN:
        faults.append(FieldFault("planned", "写计划投资，比 0 多"))
    if new.funded_by is not None and not await IS_VERIFIED.one(conn, organisation_id=new.funded_by):
        faults.append(FieldFault("funder", "请选县里核过的单位"))
    if faults:
        raise ProjectInvalid(errors=tuple(faults))
    added = await ADD_PROJECT.one(
        conn, county=county, village_code=new.village_code, operator=new.operator, name=name,
        planned_fen=new.planned_fen, funded_by=new.funded_by, account_id=actor.account_id, now=now,
    )  # fmt: skip
    await _audit(conn, actor, "coverage_project.add", added, {"planned_fen": new.planned_fen}, now=now)
    return added


async def build_project(
    conn: Connection, actor: Actor, county: str, project_id: UUID, *, spent_fen: Fen, reason: str, done_on: date | None,
    now: datetime,
) -> None:  # fmt: skip
    """Record what was spent on a project, and that it is done if `done_on` is given.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: the actor does not keep the county's register, or there is no
            project of this id.
        ProjectInvalid: more was spent than planned and no reason is given, it is too long, or the day is in the future.
        ProjectNotMovable: it is done already.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    written = clean_text(reason)
    if await LOCK_PROJECT.maybe(conn, project_id=project_id, county=county) is None:
        raise NotFound
    faults: list[FieldFault] = []
    if not 0 <= spent_fen <= MAX_PLANNED_FEN:
        faults.append(FieldFault("spent", "写已经花了多少"))
    elif not written and await EXCEEDS_PLAN.one(conn, project_id=project_id, spent_fen=spent_fen):
        faults.append(FieldFault("reason", "比计划花得多，写为什么"))
    if len(written) > MAX_REASON_LENGTH:
        faults.append(FieldFault("reason", f"最多 {MAX_REASON_LENGTH} 个字"))
    if done_on is not None and done_on > get_business_day(now):
        faults.append(FieldFault("done_on", "不能晚于今天"))
    if faults:
        raise ProjectInvalid(errors=tuple(faults))
    state = ProjectState.BUILDING if done_on is None else ProjectState.DONE
    moved = await BUILD.maybe(
        conn, project_id=project_id, spent_fen=spent_fen, reason=written, state=state, done_on=done_on,
        account_id=actor.account_id,
    )  # fmt: skip
    if moved is None:
        raise ProjectNotMovable
    await _audit(conn, actor, f"coverage_project.{state}", project_id, {"spent_fen": spent_fen}, now=now)


async def accept_project(conn: Connection, actor: Actor, county: str, project_id: UUID, *, now: datetime) -> None:
    """Accept a project that another person reported done.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `build_project`.
        ProjectNotMovable: it is not done, or the actor reported it done.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    if await LOCK_PROJECT.maybe(conn, project_id=project_id, county=county) is None:
        raise NotFound
    day = get_business_day(now)
    if await ACCEPT.maybe(conn, project_id=project_id, day=day, account_id=actor.account_id) is None:
        raise ProjectNotMovable
    await _audit(conn, actor, "coverage_project.accept", project_id, {}, now=now)


async def reopen_project(
    conn: Connection, actor: Actor, county: str, project_id: UUID, reason: str, *, now: datetime
) -> None:
    """Put a project that is not done back under way, accepted or not; the audit entry keeps the reason.

    What its funder did for the village no longer counts it, except in statements of years that were made.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `build_project`.
        ProjectInvalid: the reason is missing or too long.
        ProjectNotMovable: it is not done.
    """
    require_county_role(actor, COUNTY_KEEPERS, county)
    written = clean_text(reason)
    if await LOCK_PROJECT.maybe(conn, project_id=project_id, county=county) is None:
        raise NotFound
    if not 2 <= len(written) <= MAX_REASON_LENGTH:
        raise ProjectInvalid(errors=(FieldFault("reason", f"写哪里记错了，2 到 {MAX_REASON_LENGTH} 个字"),))
    if await REOPEN.maybe(conn, project_id=project_id) is None:
        raise ProjectNotMovable
    await _audit(conn, actor, "coverage_project.reopen", project_id, {"reason": written}, now=now)


async def _audit(
    conn: Connection, actor: Actor, action: str, project_id: UUID, detail: dict[str, object], *, now: datetime
) -> None:
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=action,
        object=f"coverage_project:{project_id}",
        detail=detail,
        now=now,
    )
