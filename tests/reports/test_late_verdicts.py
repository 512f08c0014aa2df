"""A verdict against a line that comes after a month was settled changes nothing of what that month says was paid."""

from datetime import date

from msgspec import Struct

from market.people.identity.actors import find_actor_by_handle
from market.reports.line import explain_line
from market.reports.quarter import compute_quarter
from market.subsidies.findings.hold import hold_line
from market.subsidies.month.cycles import find_cycle
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.story.test_month import PLAN
from tests.subsidies.conftest import CALCULATED, calculated_databases, calculated_template, january
from tests.support.make import SEAL

__all__ = ["calculated_databases", "calculated_template", "january"]

JANUARY = date(2019, 1, 1)
REVIEW, CLOSED, CONFIRMED = 14, 19, 26


class JanuaryView(Struct, frozen=True):
    """What is shown of YD-01 in January: the funded sum, why it is held, and the users of the quarter."""

    funded_fen: int
    held: list[str]
    users: int


async def play(player: Player, first: int, until: int, *, review_of: str = "") -> None:
    for step in PLAN["steps"][first:until]:
        for command in step["commands"]:
            if command[1] == "review" and review_of:
                await decide(player, review_of, "--pay", step["date"])
            await player(command, step["date"])


async def decide(player: Player, month: str, verdict: str, day: str) -> None:
    words = ["--check", "held_by_official", "--subject", "YD-01", verdict, "YD-01", "--why", "去看过了", "--as", "zhen"]
    answer = await player(["subsidies", "finding", "--month", month, *words], day)
    assert answer["state"] == "decided", answer


async def view(player: Player) -> JanuaryView:
    async with player.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        assert cycle is not None
        line = await explain_line(conn, SEAL, cycle, [COUNTY], "YD-01")
        quarter = await compute_quarter(conn, COUNTY, JANUARY, date(2019, 4, 1))
    [total] = [row for row in quarter.rows if row.operator == "total" and row.kind == "all"]
    return JanuaryView(line.funded_fen, [each.verdict for each in line.holds], total.users)


async def test_a_closed_month_stays_as_it_was_paid(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        helper = await find_actor_by_handle(conn, "cun", day=date(2019, 2, 5))
        now = nine_o_clock("2019-02-05")
        await hold_line(conn, helper, COUNTY, JANUARY, "YD-01", why="人不在村里", seal=SEAL, now=now)
    await play(january, CALCULATED, CLOSED, review_of="2019-01")
    closed = await view(january)
    assert (closed.funded_fen, closed.held) == (19_00, [])
    await play(january, CLOSED, CONFIRMED)
    before = await view(january)
    await decide(january, "2019-02", "--stop", "2019-03-06")
    after = await view(january)
    assert (after.funded_fen, after.held) == (19_00, [])
    # Of the quarter's months YD-01 keeps January, so that it stays one of the users.
    assert after.users == before.users
