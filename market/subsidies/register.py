"""What the register holds: persons by blind index, households with their standing, memberships."""

from datetime import date

from msgspec import Struct

from market.kernel import Query

IDENTITY_CONTEXT = "persons.identity"
NAME_CONTEXT = "persons.name"


class Standing(Struct, frozen=True):
    """What a household is on a day: where it lives, its three facts of status, its tier in the budget."""

    village: str
    village_name: str
    registered: bool
    monitoring: str
    risk_removed_on: date | None
    tier: int


class KnownPerson(Struct, frozen=True):
    """A person of the register."""

    identity_index: bytes
    name_sealed: bytes
    born_on: date
    sex: str
    died_on: date | None


class KnownStanding(Struct, frozen=True):
    """A household's newest standing."""

    household: str
    start: date
    village: str
    village_name: str
    registered: bool
    monitoring: str
    risk_removed_on: date | None
    tier: int

    @property
    def standing(self) -> Standing:
        """The facts alone."""
        return Standing(
            self.village, self.village_name, self.registered, self.monitoring, self.risk_removed_on, self.tier
        )


class KnownMembership(Struct, frozen=True):
    """A person's time in a household."""

    identity_index: bytes
    household: str
    seat: int
    relation: str
    start: date
    until: date | None
    leave_reason: str


VILLAGES = Query(
    str,
    "SELECT code FROM divisions WHERE starts_with(code, :county) AND level = 5",
)
KNOWN_PERSONS = Query(
    KnownPerson,
    "SELECT identity_index, name_sealed, born_on, sex, died_on FROM persons WHERE county_code = :county",
)
KNOWN_STANDINGS = Query(
    KnownStanding,
    """
    SELECT household_code AS household, lower(valid_during) AS start, village_code AS village, village_name, registered,
           monitoring, risk_removed_on, tier
      FROM household_standings
     WHERE county_code = :county AND upper_inf(valid_during)
    """,
)
KNOWN_MEMBERSHIPS = Query(
    KnownMembership,
    """
    SELECT p.identity_index, m.household_code AS household, m.seat, m.relation, lower(m.valid_during) AS start,
           upper(m.valid_during) AS until, m.leave_reason
      FROM memberships m JOIN persons p ON p.id = m.person_id
     WHERE m.county_code = :county AND p.county_code = :county
    """,
)
