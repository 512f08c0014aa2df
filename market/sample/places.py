"""Villages and townships of the counties that the samples come from."""

from msgspec import Struct

from market.kernel import Connection, Query
from market.sample.chance import Chance

VILLAGE, TOWNSHIP, COUNTY = 5, 4, 3


class Division(Struct, frozen=True):
    """A division as the samples need it."""

    code: str
    name: str
    level: int


DIVISIONS = Query(
    Division,
    """
    SELECT code, name, level FROM divisions
     WHERE county_code = ANY(:counties::text[]) AND level BETWEEN 3 AND 5 OR level = 2
     ORDER BY code
    """,
)


class Places:
    """The divisions of some counties, by county, and the names of the prefectures."""

    def __init__(self, divisions: list[Division]) -> None:
        self.counties = {each.code[:6]: each.name for each in divisions if each.level == COUNTY}
        self.names = {each.code: each.name for each in divisions}
        self._within: dict[str, list[Division]] = {}
        self._rural: dict[str, list[Division]] = {}
        for each in divisions:
            if each.level <= COUNTY:
                continue
            county = each.code[:6]
            self._within.setdefault(county, []).append(each)
            if each.level == VILLAGE and each.name.endswith("村"):
                self._rural.setdefault(county, []).append(each)

    def villages(self, county: str) -> list[Division]:
        """Return the rural villages of a county; its townships where the villages are not known."""
        return self._rural.get(county) or [
            each for each in self._within[county] if each.level == TOWNSHIP and each.name[-1] in "镇乡"
        ]

    def find(self, county: str, place: str, chance: Chance) -> Division:
        """Return the village of that name, or one of the township of that name; any village where none is named.

        Raises:
            LookupError: the county has no such place.
        """
        if not place:
            return chance.pick(self.villages(county))
        found = [each for each in self._within[county] if each.name == place]
        if not found:
            raise LookupError(f"{county} has no {place}")
        township = next((each for each in found if each.level == TOWNSHIP), None)
        if township is None:
            return found[0]
        inside = [each for each in self.villages(county) if each.code.startswith(township.code[:9])]
        return chance.pick(inside) if inside else township

    def around(self, code: str) -> list[str]:
        """Return the names of a village's prefecture and township, where they are known, and its own."""
        codes = (code[:4].ljust(12, "0"), code[:9].ljust(12, "0"), code)
        return [self.names[each] for each in codes if each in self.names]

    def spoken(self, code: str) -> str:
        """Return a village with its township: 北果园镇革新庄村."""
        township = self.names.get(code[:9] + "000", "")
        return township if code.endswith("000") else township + self.names[code]


async def load_divisions(conn: Connection, counties: set[str]) -> Places:
    """Read the divisions of some counties."""
    return Places(await DIVISIONS.all(conn, counties=sorted(counties)))
