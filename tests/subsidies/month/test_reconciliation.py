"""Reconciliation compares the postings with the control totals of the settlement, and names what differs."""

from tests.story.play import COUNTY, Player
from tests.subsidies.month.test_returns import advance, take


async def test_a_posting_after_the_settlement_is_a_difference(january: Player) -> None:
    await advance(january, "decide")
    await take(january, "settle")
    async with january.database.transaction(scope=COUNTY) as conn:
        await conn.execute(
            "INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator,"
            " kind, approved_fen, conceded_fen, public_fen, settled_before_fen, shares, posted_at)"
            " SELECT cycle_id, 'YD-99', for_month, 1, county_code, run_id, 'mobile', kind, 100, 0, 100, 0, shares,"
            " posted_at FROM subsidy_postings LIMIT 1"
        )
    refused = await take(january, "reconcile", who="dui")
    assert refused["code"] == "not_reconciled"
    assert refused["text"] == "2019年1月的入账与结算时的控制数不一致：移动，控制数 50.93 元，入账 51.93 元。"
