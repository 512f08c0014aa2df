"""复核: the households whose yearly check is due, who has to do it, and the record that it was done.

Source: subsidy-rulebook, Checks: a register entry older than the recheck period is a finding, which this list prevents.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_county_scopes
from market.people.identity.models import Actor, Role
from market.places.counties.load import load_county_settings

DAYS_AHEAD = 30
"""How many days before its last day a recheck comes to the list."""
MAX_RECHECKS = 100
"""How many households are listed, and recorded, at once."""
RECHECKERS = frozenset({Role.VILLAGE, Role.TOWNSHIP})
"""Who rechecks, each in the own divisions."""


class VillageRechecks(Struct, frozen=True, kw_only=True):
    """The rechecks of a village: how many are due within 30 days, how many of them are late, and whose they are.

    `people` are up to three officials who recheck there, those of the village first; none if it has none.
    """

    village_code: str
    village: str
    due: int
    overdue: int
    first_due: date
    people: list[str]


class DueRecheck(Struct, frozen=True, kw_only=True):
    """A household whose recheck is due; `due_on` is the last day on which it is not late."""

    household: str
    village_code: str
    village: str
    head_sealed: bytes | None
    checked_on: date
    due_on: date


class NewRechecks(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Households that were visited on a day and found as the register has them."""

    households: tuple[str, ...]
    checked_on: date


class RecheckInvalid(Refusal):
    """Fields of a recheck are missing or wrong; `errors` names each."""

    code = "recheck_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the recheck are missing or wrong; see errors."


# A household that nothing has brought a day of checking for is as old as the file of its entry.
_DUE = """
    SELECT s.village_code, s.village_name AS village, s.household_code AS household,
           coalesce(k.checked_on, business_day(i.imported_at), lower(s.valid_during)) AS checked_on,
           coalesce(k.checked_on, business_day(i.imported_at), lower(s.valid_during)) + :days::integer AS due_on
      FROM household_statuses s
      JOIN households h ON h.county_code = s.county_code AND h.code = s.household_code AND h.merged_into IS NULL
      LEFT JOIN register_checks k ON k.county_code = s.county_code AND k.household_code = s.household_code
      LEFT JOIN import_files i ON i.id = s.file_id
     WHERE s.county_code = :county AND s.valid_during @> :day::date
       AND coalesce(k.checked_on, business_day(i.imported_at), lower(s.valid_during))
           <= :day::date + (:ahead - :days)::integer
       AND (:county = ANY(:divisions::text[])
            OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS scope WHERE starts_with(s.village_code, scope)))
"""
SUM_UP_RECHECKS = Query(
    VillageRechecks,
    "WITH due AS MATERIALIZED ("
    + _DUE
    + """)
    SELECT village_code, min(village) AS village, count(*)::integer AS due,
           (count(*) FILTER (WHERE due_on < :day::date))::integer AS overdue, min(due_on) AS first_due,
           ARRAY(SELECT a.name FROM grants g JOIN accounts a ON a.id = g.account_id
                  WHERE g.role = ANY(:roles::text[]) AND starts_with(village_code, g.scope)
                    AND g.valid_during @> :day::date AND a.closed_at IS NULL
                  ORDER BY g.role <> 'village', length(g.scope) DESC, a.name LIMIT 3) AS people
      FROM due
     GROUP BY village_code
     ORDER BY first_due, village_code
     LIMIT 1000
    """,
)
LIST_DUE_RECHECKS = Query(
    DueRecheck,
    "WITH due AS MATERIALIZED ("
    + _DUE
    + """)
    SELECT due.household, village_code, village, checked_on, due_on,
           (SELECT p.name_sealed FROM memberships m JOIN persons p ON p.id = m.person_id
             WHERE m.county_code = :county AND m.household_code = due.household AND m.valid_during @> :day::date
             ORDER BY m.member_number LIMIT 1) AS head_sealed
      FROM due
     WHERE :village::text = '' OR village_code = :village
     ORDER BY due_on, due.household COLLATE "C"
     LIMIT :limit::integer
    """,
)
LIST_DUE_AMONG = Query(
    str,
    "SELECT household FROM (" + _DUE + " AND s.household_code = ANY(:households::text[])) AS due LIMIT :limit::integer",
)
# Of the own household nobody records anything, by whatever account.
RECORD_RECHECKS = Query(
    str,
    """
    INSERT INTO register_checks (county_code, household_code, checked_on, account_id)
    SELECT :county, given.household, :checked_on, :account_id
      FROM unnest(:households::text[]) AS given (household)
     WHERE NOT EXISTS (SELECT FROM accounts a
                         JOIN persons p ON p.county_code = :county AND p.identity_index = a.identity_index
                         JOIN memberships m ON m.person_id = p.id AND m.household_code = given.household
                                           AND m.valid_during @> :checked_on::date
                        WHERE a.id = :account_id)
    ON CONFLICT ON CONSTRAINT register_checks_unique DO UPDATE
       SET checked_on = excluded.checked_on, file_id = NULL, lead_id = NULL, account_id = excluded.account_id
     WHERE register_checks.checked_on < excluded.checked_on
    RETURNING household_code AS household
    """,
)


async def sum_up_rechecks(
    conn: Connection, county: str, divisions: Sequence[str], *, today: date
) -> list[VillageRechecks]:
    """Return the villages of the divisions with rechecks due within 30 days, the latest first, at most 1,000."""
    days = (await load_county_settings(conn, county, day=today)).recheck_days
    return await SUM_UP_RECHECKS.all(
        conn, county=county, divisions=list(divisions), day=today, days=days, ahead=DAYS_AHEAD, roles=sorted(RECHECKERS)
    )


async def list_due_rechecks(
    conn: Connection, county: str, divisions: Sequence[str], *, village: str = "", today: date
) -> list[DueRecheck]:
    """Return the households of the divisions, or of one village, whose recheck is due, at most 100."""
    days = (await load_county_settings(conn, county, day=today)).recheck_days
    return await LIST_DUE_RECHECKS.all(
        conn, county=county, divisions=list(divisions), village=village, day=today, days=days, ahead=DAYS_AHEAD,
        limit=MAX_RECHECKS,
    )  # fmt: skip


async def record_rechecks(conn: Connection, actor: Actor, county: str, new: NewRechecks, *, now: datetime) -> int:
    """Record that households were visited and nothing has changed, in the caller's transaction; return how many.

    What has changed is a lead. The audit record keeps who went where.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `RECHECKERS` in the county.
        RecheckInvalid: no household is named, one is not due in the actor's divisions or is the actor's own, or the day
            is after today or more than 30 days ago.
    """
    divisions = require_county_scopes(actor, RECHECKERS, county)
    today = get_business_day(now)
    faults: list[FieldFault] = []
    households = list(dict.fromkeys(each.strip().upper() for each in new.households))
    if not 0 < len(households) <= MAX_RECHECKS:
        faults.append(FieldFault("households", f"请选 1 到 {MAX_RECHECKS} 户"))
    if not today - timedelta(days=DAYS_AHEAD) <= new.checked_on <= today:
        faults.append(FieldFault("checked_on", f"应在 {today - timedelta(days=DAYS_AHEAD)} 到 {today} 之间"))
    due: list[str] = []
    if not faults:
        days = (await load_county_settings(conn, county, day=today)).recheck_days
        due = await LIST_DUE_AMONG.all(
            conn, county=county, divisions=divisions, day=today, days=days, ahead=DAYS_AHEAD, households=households,
            limit=MAX_RECHECKS,
        )  # fmt: skip
    if not faults and (unknown := [each for each in households if each not in due]):
        faults.append(FieldFault("households", f"不在您要复核的名单里：{'、'.join(unknown[:5])}"))
    if faults:
        raise RecheckInvalid(errors=tuple(faults))
    recorded = await RECORD_RECHECKS.all(
        conn, county=county, households=households, checked_on=new.checked_on, account_id=actor.account_id
    )
    if len(recorded) < len(households):
        left = set(households) - set(recorded)
        raise RecheckInvalid(
            errors=(FieldFault("households", f"这几户要另一个人去，或者后来查过了：{'、'.join(sorted(left)[:5])}"),)
        )
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="register recheck", object=f"county:{county}",
        detail={"households": households, "checked_on": str(new.checked_on)}, now=now,
    )  # fmt: skip
    return len(recorded)
