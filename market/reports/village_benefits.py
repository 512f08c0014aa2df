"""What households of a county's villages gained in an ended quarter, with what would tell of few of them hidden."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_next_quarter, get_quarter_start
from market.kernel.disclosure_table import Place, TableCell, find_hidden
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.villages.benefits.models import BenefitHow
from market.villages.benefits.views import sum_village_benefits

MAX_BENEFIT_QUARTERS = 8


class VillageBenefit(Struct, frozen=True, kw_only=True):
    """A village, or the county (no code), by way and (`how` is None) in sum.

    `households` and `fen` are None together where they would tell of few.
    """

    village_code: str | None
    village: str
    how: BenefitHow | None
    households: int | None
    fen: Fen | None


class _VillageName(Struct, frozen=True):
    code: str
    name: str


LIST_VILLAGE_NAMES = Query(_VillageName, "SELECT code, name FROM divisions WHERE code = ANY(:codes::text[])")


def list_ended_quarters(today: date) -> list[date]:
    """Return the first days of the latest ended quarters, the latest first.

    A quarter that runs is not shown: what it showed yesterday and today would differ by one sale.
    """
    ended: list[date] = []
    first = get_quarter_start(today)
    for _ in range(MAX_BENEFIT_QUARTERS):
        first = get_quarter_start(date.fromordinal(first.toordinal() - 1))
        ended.append(first)
    return ended


async def list_village_benefits(
    conn: Connection, official: Actor, county: str, *, quarter: date, today: date
) -> list[VillageBenefit]:
    """Return the benefits of a county's villages in an ended quarter, and the county's; nothing of another quarter.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `COUNTY_KEEPERS` for the whole county.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    if quarter not in list_ended_quarters(today):
        return []
    found = await sum_village_benefits(conn, county, first=quarter, until=get_next_quarter(quarter))
    cells: dict[Place, TableCell] = {
        (each.village_code, each.how): TableCell(households=each.households, fen=each.fen, largest_fen=each.largest_fen)
        for each in found
    }
    hidden = find_hidden(cells)
    codes = [each.village_code for each in found if each.village_code]
    names = {each.code: each.name for each in await LIST_VILLAGE_NAMES.all(conn, codes=codes)}
    return [
        VillageBenefit(
            village_code=each.village_code,
            village=names.get(each.village_code, each.village_code) if each.village_code else "全县",
            how=each.how,
            households=None if (each.village_code, each.how) in hidden else each.households,
            fen=None if (each.village_code, each.how) in hidden else each.fen,
        )
        for each in found
    ]
