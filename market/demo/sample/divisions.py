"""The divisions of the sample counties: villages, townships, prefectures."""

from msgspec import Struct

from market.demo.sample.seeded_random import SeededRandom
from market.kernel import Connection, Query

VILLAGE, TOWNSHIP, COUNTY = 5, 4, 3


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
        self.counties = {each.code[:6]: each.name for each in divisions if each.level == COUNTY}
        self.names = {each.code: each.name for each in divisions}
        self._within: dict[str, list[SampleDivision]] = {}
        self._rural: dict[str, list[SampleDivision]] = {}
        for each in divisions:
            if each.level <= COUNTY:
                continue
            county = each.code[:6]
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
        found = [each for each in self._within[county] if each.name == name]
        if not found:
            raise LookupError(f"{county} has no {name}")
        township = next((each for each in found if each.level == TOWNSHIP), None)
        if township is None:
            return found[0]
        inside = [each for each in self.list_villages(county) if each.code.startswith(township.code[:9])]
        return rng.choice(inside) if inside else township

    def list_enclosing_names(self, code: str) -> list[str]:
        """Return the names of a village's prefecture, township and itself, as far as they are loaded."""
        codes = (code[:4].ljust(12, "0"), code[:9].ljust(12, "0"), code)
        return [self.names[each] for each in codes if each in self.names]

    def format_village(self, code: str) -> str:
        """Return a village with its township as text: 北果园镇革新庄村."""
        township = self.names.get(code[:9] + "000", "")
        return township if code.endswith("000") else township + self.names[code]


async def load_divisions(conn: Connection, counties: set[str]) -> SampleDivisions:
    """Load the divisions of some counties."""
    return SampleDivisions(await LIST_DIVISIONS.all(conn, counties=sorted(counties)))
