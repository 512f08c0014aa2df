"""The divisions of the sample counties: villages, townships, prefectures."""

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.division_codes import (
    COUNTY,
    PREFECTURE,
    TOWNSHIP,
    VILLAGE,
    get_ancestor_code,
    get_county_code,
    truncate_code,
)
from market.service.demo.sample.seeded_random import SeededRandom


class SampleDivision(Struct, frozen=True):
    """A division of a sample county, or its prefecture."""

    code: str
    name: str
    level: int


LIST_DIVISIONS = Query(
    SampleDivision,
    """
    SELECT code, name, level FROM divisions
     WHERE county_code = ANY(:counties::text[]) AND level BETWEEN 3 AND 5 OR level = 2
     ORDER BY code
    """,
)


class SampleDivisions:
    """The divisions of some counties, with the names of their prefectures."""

    def __init__(self, divisions: list[SampleDivision]) -> None:
        self.counties = {get_county_code(each.code): each.name for each in divisions if each.level == COUNTY}
        self.names = {each.code: each.name for each in divisions}
        self._within: dict[str, list[SampleDivision]] = {}
        self._rural: dict[str, list[SampleDivision]] = {}
        for each in divisions:
            if each.level <= COUNTY:
                continue
            county = get_county_code(each.code)
            self._within.setdefault(county, []).append(each)
            if each.level == VILLAGE and each.name.endswith("村"):
                self._rural.setdefault(county, []).append(each)

    def list_villages(self, county: str) -> list[SampleDivision]:
        """Return the rural villages of a county, or its townships if no villages are loaded."""
        return self._rural.get(county) or [
            each for each in self._within[county] if each.level == TOWNSHIP and each.name[-1] in "镇乡"
        ]

    def find_village(self, county: str, name: str, rng: SeededRandom) -> SampleDivision:
        """Return the named village, or a random village of the named township; a random village if `name` is empty.

        Raises:
            LookupError: the county has no division of that name.
        """
        if not name:
            return rng.choice(self.list_villages(county))
        named = [each for each in self._within[county] if each.name == name]
        if not named:
            raise LookupError(f"{county} has no {name}")
        township = next((each for each in named if each.level == TOWNSHIP), None)
        if township is None:
            return named[0]
        inside = [
            each for each in self.list_villages(county) if each.code.startswith(truncate_code(township.code, TOWNSHIP))
        ]
        return rng.choice(inside) if inside else township

    def list_enclosing_names(self, code: str) -> list[str]:
        """Return the names of a village's prefecture, township and itself, as far as they are loaded."""
        codes = (get_ancestor_code(code, PREFECTURE), get_ancestor_code(code, TOWNSHIP), code)
        return [self.names[each] for each in codes if each in self.names]

    def format_village(self, code: str) -> str:
        """Return a village with its township as text: 北果园镇革新庄村."""
        township_code = get_ancestor_code(code, TOWNSHIP)
        township = self.names.get(township_code, "")
        return township if code == township_code else township + self.names[code]


async def load_divisions(conn: Connection, counties: set[str]) -> SampleDivisions:
    """Load the divisions of some counties."""
    return SampleDivisions(await LIST_DIVISIONS.all(conn, counties=sorted(counties)))
