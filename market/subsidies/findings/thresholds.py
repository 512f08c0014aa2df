"""The thresholds of the checks, for each programme of a county."""

from datetime import date

import msgspec
from msgspec import Struct

from market.counties.load import load_county_settings
from market.kernel import Connection, Query
from market.subsidies.findings.check_table import Check


class Thresholds(Struct, frozen=True):
    """The programmes of a county with the settings that hold in each."""

    programmes: list[str]
    settings: dict[str, int]

    def get_parameters(self, check: Check) -> dict[str, object]:
        """Return the parameters of a check: programmes, and beside each its thresholds."""
        return {
            "programmes": self.programmes,
            **{name: [self.settings[setting]] * len(self.programmes) for name, setting in check.thresholds.items()},
        }


LIST_PROGRAMME_CODES = Query(str, "SELECT code FROM programmes WHERE county_code = :county ORDER BY code")


async def load_thresholds(conn: Connection, county: str, *, today: date) -> Thresholds:
    """Return the thresholds that hold today."""
    programmes = await LIST_PROGRAMME_CODES.all(conn, county=county)
    settings = await load_county_settings(conn, county, day=today)
    return Thresholds(programmes, msgspec.structs.asdict(settings))
