"""An adjustment lowers what a clawback takes once the cycle that it stands in is settled, not before."""

from datetime import date

import pytest

from market.kernel import Connection
from market.subsidies.clawbacks.models import Debtor, NewClawback, NothingToRecover
from market.subsidies.clawbacks.set_off import Withheld, preview_withheld, set_off_clawbacks
from market.subsidies.clawbacks.views import list_recoverable
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import Operator
from tests.story.play import COUNTY, Player
from tests.subsidies.clawbacks.test_clawbacks import LINE, MONTHS, NOW, items, open_story, sum_settled
from tests.support.postgres import as_owner

APRIL, MAY = date(2019, 4, 1), date(2019, 5, 1)
OPEN_CYCLE = "INSERT INTO cycles (county_code, month, opened_at) VALUES ($1, $2, $3)"
ADJUST = """
    INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator, kind,
                                  approved_fen, conceded_fen, public_fen, settled_before_fen, shares, posted_at)
    SELECT c.id, line_code, for_month, $3, p.county_code, p.run_id, operator, kind, $4::bigint, 0, $4::bigint, 100000,
           jsonb_build_object('county', $4::bigint), posted_at
      FROM subsidy_postings p, cycles c
     WHERE line_code = $1 AND for_month = $2 AND c.month = $5
     LIMIT 1
"""


async def adjust(conn: Connection, revision: int, fen: int) -> None:
    """Adjust January in May's open cycle."""
    async with as_owner(conn):
        await conn.execute(ADJUST, LINE, MONTHS[0], revision, fen, MAY)


async def test_an_adjustment_that_is_undone_before_it_is_settled_clears_no_clawback(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story = await open_story(conn)
        fen = (await sum_settled(conn))[MONTHS[0]]
        owed = items({MONTHS[0]: fen})
        new = NewClawback(debtor=Debtor.OPERATOR, finding_id=story.finding, items=owed, reason="一机多卡")
        clawback = await story.propose(new)
        await story.decide(clawback)
        async with as_owner(conn):
            for month in (APRIL, MAY):
                await conn.execute(OPEN_CYCLE, COUNTY, month, NOW)
        [april, may] = [await find_cycle(conn, COUNTY, month) for month in (APRIL, MAY)]
        cai = await story.actor("cai")
        await adjust(conn, 1, -fen)
        assert await preview_withheld(conn, COUNTY, april.id, {Operator.MOBILE: 1}) == [
            Withheld(operator=Operator.MOBILE, set_off_fen=1, recovered_fen=1)
        ]
        assert await set_off_clawbacks(conn, april, cai, {Operator.MOBILE: 1}, now=NOW) == {Operator.MOBILE: 1}
        assert (await story.get(clawback)).left_fen == fen - 1
        # The settlement of its own cycle counts it, and would pay back what was recovered.
        assert await preview_withheld(conn, COUNTY, may.id, {Operator.MOBILE: fen}) == [
            Withheld(operator=Operator.MOBILE, set_off_fen=-1, recovered_fen=-1)
        ]
        await adjust(conn, 2, fen)
        assert await set_off_clawbacks(conn, may, cai, {Operator.MOBILE: fen}, now=NOW) == {Operator.MOBILE: fen - 1}
        done = await story.get(clawback)
        assert (done.left_fen, done.state) == (0, "cleared")
        assert [(each.kind, each.fen) for each in done.entries] == [("set_off", 1), ("set_off", fen - 1)]


async def test_only_what_is_settled_can_be_taken_back(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        story = await open_story(conn)
        fen = (await sum_settled(conn))[MONTHS[0]]
        async with as_owner(conn):
            await conn.execute(OPEN_CYCLE, COUNTY, MAY, NOW)
        await adjust(conn, 1, 100)
        offered = await list_recoverable(conn, COUNTY, finding_id=story.finding)
        assert {each.month: each.fen for each in offered}[MONTHS[0]] == fen
        more = NewClawback(
            debtor=Debtor.OPERATOR, finding_id=story.finding, items=items({MONTHS[0]: fen + 1}), reason="一机多卡"
        )
        with pytest.raises(NothingToRecover):
            await story.propose(more)
