"""Whether a county has the people for a month: seven duties of seven people (R14), and every village covered."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query
from market.subsidies.models import CycleId, Duty
from market.subsidies.month.steps import DUTY_ROLES

MAX_NAMED_VILLAGES = 20


class Staffing(Struct, frozen=True):
    """How many duties different people can hold at once; `short` names duties left without a person of their own.

    `villages` are at most 20 names of villages with households that no official of the village duty covers.
    """

    staffed: int
    needed: int
    short: list[Duty]
    villages: list[str]

    @property
    def complete(self) -> bool:
        """Whether nobody is missing."""
        return not self.short and not self.villages


class _Candidate(Struct, frozen=True):
    role: str
    person: bytes


class _Taken(Struct, frozen=True):
    duty: Duty
    person: bytes


LIST_CANDIDATES = Query(
    _Candidate,
    """
    SELECT DISTINCT g.role, get_person_key(a.id) AS person
      FROM grants g JOIN accounts a ON a.id = g.account_id AND a.closed_at IS NULL
     WHERE g.role = ANY(:roles::text[]) AND g.valid_during @> :day::date
       AND (starts_with(:county, g.scope) OR starts_with(g.scope, :county))
     ORDER BY g.role, person
     LIMIT 5000
    """,
)
LIST_TAKEN_DUTIES = Query(
    _Taken,
    """
    SELECT duty, coalesce(person_key, get_person_key(account_id)) AS person FROM cycle_duties
     WHERE cycle_id = :cycle_id AND county_code = :county
    """,
)
LIST_UNCOVERED_VILLAGES = Query(
    str,
    """
    SELECT min(village_name)
      FROM household_statuses
     WHERE county_code = :county AND valid_during @> :day::date
       AND NOT EXISTS (SELECT FROM grants g JOIN accounts a ON a.id = g.account_id AND a.closed_at IS NULL
                        WHERE g.role = :role AND g.valid_during @> :day::date AND starts_with(village_code, g.scope))
     GROUP BY village_code
     ORDER BY village_code
     LIMIT :limit
    """,
)


def match_duties(candidates: dict[Duty, list[bytes]]) -> dict[Duty, bytes]:
    """Give each duty a person of its own, for as many duties as possible.

    A maximum matching by augmenting paths (Kuhn, 1955): a duty without a free person takes one whose duty can be given
    to somebody else.
    """
    holders: dict[bytes, Duty] = {}

    def assign(duty: Duty, seen: set[bytes]) -> bool:
        for person in candidates[duty]:
            if person in seen:
                continue
            seen.add(person)
            if person not in holders or assign(holders[person], seen):
                holders[person] = duty
                return True
        return False

    for duty in candidates:
        assign(duty, set())
    return {duty: person for person, duty in holders.items()}


async def check_staffing(conn: Connection, county: str, *, day: date, cycle_id: CycleId | None = None) -> Staffing:
    """Return whether the seven duties can be held by seven people on a day, and which villages nobody confirms.

    Who holds a duty of the cycle already keeps it, and has no other. Accounts of one person count once.
    """
    taken = await LIST_TAKEN_DUTIES.all(conn, cycle_id=cycle_id, county=county) if cycle_id else []
    busy, done = {each.person for each in taken}, {each.duty for each in taken}
    found = await LIST_CANDIDATES.all(conn, county=county, roles=[str(role) for role in DUTY_ROLES.values()], day=day)
    candidates = {
        duty: [each.person for each in found if each.role == role and each.person not in busy]
        for duty, role in DUTY_ROLES.items()
        if duty not in done
    }
    matched = match_duties(candidates)
    villages = []
    if Duty.VILLAGE not in done:
        villages = await LIST_UNCOVERED_VILLAGES.all(
            conn, county=county, day=day, role=DUTY_ROLES[Duty.VILLAGE], limit=MAX_NAMED_VILLAGES
        )
    return Staffing(
        staffed=len(done) + len(matched),
        needed=len(Duty),
        short=[duty for duty in Duty if duty in candidates and duty not in matched],
        villages=villages,
    )
