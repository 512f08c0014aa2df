"""The thresholds of the checks for each programme of a county: its own of the month, otherwise the county's."""

from datetime import date, timedelta

import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_next_month
from market.places.counties.load import load_county_settings
from market.subsidies.findings.check_table import CHECKS


class _ProgrammeCheck(Struct, frozen=True):
    programme: str
    check: str
    enabled: bool
    thresholds: dict[str, int]


class Thresholds(Struct, frozen=True):
    """The programmes of a county, the county's settings, and what programmes set of a check, by programme and check."""

    programmes: list[str]
    settings: dict[str, int]
    own: dict[tuple[str, str], _ProgrammeCheck]

    def list_programmes(self, code: str) -> list[str]:
        """Return the programmes in which a check is made."""
        return [each for each in self.programmes if (own := self.own.get((each, code))) is None or own.enabled]

    def list_values(self, code: str, setting: str) -> list[int]:
        """Return a threshold of a check for each programme in which it is made."""
        return [self._get(programme, code, setting) for programme in self.list_programmes(code)]

    def get_parameters(self, code: str) -> dict[str, object]:
        """Return the parameters of a check: the programmes in which it is made, and beside each its thresholds."""
        return {
            "programmes": self.list_programmes(code),
            **{name: self.list_values(code, setting) for name, setting in CHECKS[code].thresholds.items()},
        }

    def _get(self, programme: str, code: str, setting: str) -> int:
        own = self.own.get((programme, code))
        return self.settings[setting] if own is None else own.thresholds.get(setting, self.settings[setting])


LIST_PROGRAMME_CODES = Query(str, "SELECT code FROM programmes WHERE county_code = :county ORDER BY code")
LIST_PROGRAMME_CHECKS = Query(
    _ProgrammeCheck,
    """
    SELECT programme_code AS programme, check_code AS "check", enabled, thresholds
      FROM programme_checks WHERE county_code = :county AND valid_during @> :day::date
    """,
)


async def load_thresholds(conn: Connection, county: str, month: date, *, today: date) -> Thresholds:
    """Return what programmes set for the last day of a month, and the county's settings of today."""
    programmes = await LIST_PROGRAMME_CODES.all(conn, county=county)
    settings = await load_county_settings(conn, county, day=today)
    last_day = get_next_month(month) - timedelta(days=1)
    own = await LIST_PROGRAMME_CHECKS.all(conn, county=county, day=last_day)
    return Thresholds(
        programmes, msgspec.structs.asdict(settings), {(each.programme, each.check): each for each in own}
    )
