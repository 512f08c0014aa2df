"""An official of part of a county sees its lines and findings, but no totals of the county."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.reports.worklist import list_open_months
from tests.service.web.desk.conftest import county, people
from tests.service.web.desk.county import COUNTY, NOW, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.make import load_actor, make_official

__all__ = ["county", "people"]

WITHOUT_FINDING, WITH_WORKSHEET, WITH_STOPS = "130624101209", "130624103208", "130624101204"
"""骆驼湾村, 南台村 and 黑崖沟村: in January no finding, one on the worksheet, and three that stop a line."""
COUNTY_TEXTS = ("134.10", "mobile-2019-01.csv", "现在有")
"""The sum and the file name of an operator's bill, and a heading of county totals."""
MONTH: dict[str, object] = {"county": COUNTY, "month": "2019-01"}


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials, database: Database) -> AsyncGenerator[Service]:
    await play_january(database, county, until="run")
    async with serve_story(dsn, folder) as running:
        yield running


async def sign_in_for(database: Database, scope: str) -> str:
    """Sign in an official with the roles of village and township in a division."""
    async with database.transaction() as conn:
        account_id = await make_official(conn, [Role.VILLAGE, Role.TOWNSHIP], scope)
        return (await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)).token


async def test_a_partial_scope_counts_its_own_findings_without_the_budget(service: Service, database: Database) -> None:
    seen: dict[str, tuple[int, int, int]] = {}
    for scope in (WITHOUT_FINDING, WITH_WORKSHEET, WITH_STOPS, WITH_STOPS[:9]):
        token = await sign_in_for(database, scope)
        month = (await service.call("GetMonth", token=token, path=dict(MONTH))).json()
        waiting = month["open_findings"]
        seen[scope] = (waiting["stopping"], waiting["worksheets"], waiting["at_risk_fen"])
        assert (month["budget_fen"], month["run"]["budget_fen"], month["tiers"]) == (None, None, [])
        async with database.transaction(scope=COUNTY) as conn:
            actor = await load_actor(conn, await make_official(conn, Role.TOWNSHIP, scope))
            [open_month] = await list_open_months(conn, actor, COUNTY, [scope])
        assert (open_month.stopping, open_month.at_risk_fen) == (waiting["stopping"], waiting["at_risk_fen"])
    assert seen == {
        WITHOUT_FINDING: (0, 0, 0),
        WITH_WORKSHEET: (0, 1, 0),
        WITH_STOPS: (3, 0, 49_65),
        WITH_STOPS[:9]: (3, 0, 49_65),
    }


async def test_the_whole_county_scope_shows_the_budget(service: Service, county: Officials) -> None:
    month = (await service.call("GetMonth", token=county.tokens["xian"], path=dict(MONTH))).json()
    assert month["open_findings"] == {"stopping": 3, "worksheets": 1, "at_risk_fen": 49_65}
    assert (month["budget_fen"], month["run"]["budget_fen"]) == (150_00, 150_00)
    assert [(tier["need_fen"], tier["public_fen"]) for tier in month["tiers"]] == [(55_79, 55_79), (64_41, 64_41)]


async def test_the_desk_of_a_partial_scope_shows_no_county_total(
    service: Service, database: Database, county: Officials
) -> None:
    pages = ("/desk", "/desk/months", "/desk/months/2019-01", "/desk/imports", "/desk/imports/billing")
    seen: dict[str, list[str]] = {}
    for who, token in (("part", await sign_in_for(database, WITH_WORKSHEET)), ("whole", county.tokens["xian"])):
        async with open_desk_walker(service, token) as browser:
            text = "".join([(await browser.open(page)).text for page in pages])
            seen[who] = [word for word in COUNTY_TEXTS if word in text]
    assert seen == {"part": [], "whole": list(COUNTY_TEXTS)}
