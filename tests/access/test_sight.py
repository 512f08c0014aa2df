"""How far an official of a part of a county sees: the part's lines and findings, and none of the county's money."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.identity import Role, sign_in_without_code
from market.kernel import Database
from market.reports.desk.waiting import open_months
from tests.factories import an_official, the_actor
from tests.service import Service
from tests.web.desk.conftest import county, people
from tests.web.desk.county import COUNTY, NOW, People, take_january, the_service
from tests.web.desk.desks import at_the_desk

__all__ = ["county", "people"]

WITHOUT_FINDING, WITH_WORKSHEET, WITH_STOPS = "130624101209", "130624103208", "130624101204"
"""骆驼湾村, 南台村 and 黑崖沟村: in January no finding, one that only asks, and three that stop a line."""
OF_THE_COUNTY = ("134.10", "mobile-2019-01.csv", "现在有")
"""The sum and the name of an operator's bill, and the heading of what the county holds."""
MONTH: dict[str, object] = {"county": COUNTY, "month": "2019-01"}


@pytest.fixture
async def service(dsn: str, folder: Path, county: People, database: Database) -> AsyncGenerator[Service]:
    await take_january(database, county, until="run")
    async with the_service(dsn, folder) as running:
        yield running


async def token_of(database: Database, scope: str) -> str:
    """Sign in someone who holds the village's and the township's duty for a place."""
    async with database.transaction() as conn:
        account_id = await an_official(conn, [Role.VILLAGE, Role.TOWNSHIP], scope)
        return (await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)).token


async def test_a_part_of_a_county_counts_its_own_findings_and_is_told_no_budget(
    service: Service, database: Database
) -> None:
    seen: dict[str, tuple[int, int, int]] = {}
    for scope in (WITHOUT_FINDING, WITH_WORKSHEET, WITH_STOPS, WITH_STOPS[:9]):
        token = await token_of(database, scope)
        month = (await service.call("GetMonth", token=token, path=dict(MONTH))).json()
        waiting = month["open_findings"]
        seen[scope] = (waiting["stopping"], waiting["worksheets"], waiting["at_risk_fen"])
        assert (month["budget_fen"], month["run"]["budget_fen"], month["tiers"]) == (None, None, [])
        async with database.transaction(scope=COUNTY) as conn:
            actor = await the_actor(conn, await an_official(conn, Role.TOWNSHIP, scope))
            [open_month] = await open_months(conn, actor, COUNTY, [scope])
        assert (open_month.stopping, open_month.at_risk_fen) == (waiting["stopping"], waiting["at_risk_fen"])
    assert seen == {
        WITHOUT_FINDING: (0, 0, 0),
        WITH_WORKSHEET: (0, 1, 0),
        WITH_STOPS: (3, 0, 49_65),
        WITH_STOPS[:9]: (3, 0, 49_65),
    }


async def test_who_sees_the_whole_county_is_told_its_budget(service: Service, county: People) -> None:
    month = (await service.call("GetMonth", token=county.tokens["xian"], path=dict(MONTH))).json()
    assert month["open_findings"] == {"stopping": 3, "worksheets": 1, "at_risk_fen": 49_65}
    assert (month["budget_fen"], month["run"]["budget_fen"]) == (150_00, 150_00)
    assert [(tier["need_fen"], tier["public_fen"]) for tier in month["tiers"]] == [(55_79, 55_79), (64_41, 64_41)]


async def test_the_desk_of_a_part_shows_no_sum_of_the_county(
    service: Service, database: Database, county: People
) -> None:
    pages = ("/desk", "/desk/months", "/desk/months/2019-01", "/desk/imports", "/desk/imports/billing")
    seen: dict[str, list[str]] = {}
    for who, token in (("part", await token_of(database, WITH_WORKSHEET)), ("whole", county.tokens["xian"])):
        async with at_the_desk(service, token) as walker:
            text = "".join([(await walker.open(page)).text for page in pages])
            seen[who] = [word for word in OF_THE_COUNTY if word in text]
    assert seen == {"part": [], "whole": list(OF_THE_COUNTY)}
