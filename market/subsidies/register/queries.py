"""Read the register: persons by blind index, households with their status, memberships."""

from datetime import date

import msgspec
from msgspec import Struct

from market.kernel import Query

IDENTITY_CONTEXT = "persons.identity"
NAME_CONTEXT = "persons.name"


class HouseholdStatus(Struct, frozen=True):
    """A household on a day: its village, the three facts of its status, and its budget tier."""

    village: str
    village_name: str
    registered: bool
    monitoring: str
    risk_removed_on: date | None
    tier: int


class EndedCode(Struct, frozen=True):
    """A code of the county, in six digits, that was replaced; `ended_on` is the first day without it."""

    code: str
    ended_on: date


class VillageName(Struct, frozen=True):
    """A village or community and its name."""

    code: str
    name: str


class KnownPerson(Struct, frozen=True):
    """A person of the register."""

    identity_index: bytes
    name_sealed: bytes
    born_on: date
    sex: str
    died_on: date | None


class KnownHouseholdStatus(Struct, frozen=True):
    """A household's latest status."""

    household: str
    start: date
    village: str
    village_name: str
    registered: bool
    monitoring: str
    risk_removed_on: date | None
    tier: int

    @property
    def status(self) -> HouseholdStatus:
        """The status without household and start."""
        return msgspec.convert(self, HouseholdStatus, from_attributes=True)


class KnownMembership(Struct, frozen=True):
    """A person's membership in a household."""

    identity_index: bytes
    household: str
    member_number: int
    relation: str
    start: date
    until: date | None
    leave_reason: str


class MergedHousehold(Struct, frozen=True):
    """A household that was merged into another one, and the first day without members."""

    code: str
    merged_into: str
    merged_on: date


LIST_VILLAGES = Query(
    VillageName,
    "SELECT code, name FROM divisions WHERE starts_with(code, :county) AND level = 5",
)
LIST_ENDED_CODES = Query(
    EndedCode,
    """
    SELECT official_code AS code, upper(valid_during) AS ended_on FROM division_names
     WHERE code = rpad(:county, 12, '0') AND official_code <> :county AND upper(valid_during) <= :day::date
    """,
)
LIST_KNOWN_PERSONS = Query(
    KnownPerson,
    "SELECT identity_index, name_sealed, born_on, sex, died_on FROM persons WHERE county_code = :county",
)
LIST_KNOWN_STATUSES = Query(
    KnownHouseholdStatus,
    """
    SELECT household_code AS household, lower(valid_during) AS start, village_code AS village, village_name, registered,
           monitoring, risk_removed_on, tier
      FROM household_statuses
     WHERE county_code = :county AND upper_inf(valid_during)
    """,
)
LIST_KNOWN_MEMBERSHIPS = Query(
    KnownMembership,
    """
    SELECT p.identity_index, m.household_code AS household, m.member_number, m.relation, lower(m.valid_during) AS start,
           upper(m.valid_during) AS until, m.leave_reason
      FROM memberships m JOIN persons p ON p.id = m.person_id
     WHERE m.county_code = :county AND p.county_code = :county
    """,
)
LIST_HOUSEHOLD_CODES = Query(str, "SELECT code FROM households WHERE county_code = :county")
LIST_MERGED_HOUSEHOLDS = Query(
    MergedHousehold,
    "SELECT code, merged_into, merged_on FROM households WHERE county_code = :county AND merged_into IS NOT NULL",
)
