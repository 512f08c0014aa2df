"""A clawback of an operator, set off in its next settlement: pages, settlement file, return file, papers and ledger."""

from datetime import date
from pathlib import Path
from uuid import UUID

from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.operators import create_operator
from market.people.identity.sign_in import sign_in_without_code
from market.reports.reconciliation import get_reconciliation
from market.subsidies.bank_accounts.accounts import decide_bank_account, enter_bank_account
from market.subsidies.bank_accounts.models import NewBankAccount
from market.subsidies.clawbacks.decide import decide_clawback
from market.subsidies.clawbacks.ledger import verify_receivables
from market.subsidies.clawbacks.models import Debtor, NewClawback
from market.subsidies.clawbacks.propose import propose_clawback
from market.subsidies.clawbacks.views import get_clawback
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import Operator
from payments import list_balances
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.story.test_month import PLAN, play_step, play_to
from tests.subsidies.clawbacks.test_clawbacks import items, open_story, sum_settled
from tests.subsidies.reconciliation.returns import make_rows, read_sent, send_return
from tests.support.app import Service, build_settings, run_service
from tests.support.make import SEAL, make_phone

FEBRUARY = date(2019, 2, 1)
ACCOUNT = "62000000000000000001"
DAY = "2019-03-08"
NOW = nine_o_clock(DAY)
JANUARY_CLOSED, DECIDED, SETTLED = 19, 29, 30


async def play_on(player: Player, first: int, last: int) -> None:
    for step in PLAN["steps"][first:last]:
        await play_step(player, step, {})


async def take_back_january(player: Player) -> tuple[UUID, int]:
    """Take back from 移动 what January paid of a line, by two people; return the clawback and its sum."""
    async with player.database.transaction(scope=COUNTY) as conn:
        story = await open_story(conn)
        settled = await sum_settled(conn)
        new = NewClawback(debtor=Debtor.OPERATOR, finding_id=story.finding, items=items(settled), reason="一机多卡")
        finance, county = await story.actor("cai"), await story.actor("xian")
        clawback = await propose_clawback(conn, SEAL, finance, COUNTY, new, now=NOW)
        await decide_clawback(conn, SEAL, county, COUNTY, clawback, agree=True, opinion="查实", now=NOW)
        return clawback, sum(settled.values())


async def sign_in(player: Player, handle: str) -> str:
    async with player.database.transaction() as conn:
        actor = await find_actor_by_handle(conn, handle, day=NOW.date())
        assert actor is not None
        return (await sign_in_without_code(conn, actor.account_id, now=NOW, second_factor=True)).token


async def read_payment(service: Service, token: str) -> tuple[str, list[list[str]]]:
    """Return the text of the page of February, and its table of payments."""
    async with open_desk_walker(service, token) as browser:
        seen = await browser.open("/desk/months/2019-02")
        tables = [read_table(seen, number) for number in range(len(seen.root.all("table")))]
        return seen.text, next(each for each in tables if each[0][-1] == "本次拨付")


async def test_a_clawback_is_set_off_in_the_settlement_of_its_operator(
    database: Database, dsn: str, folder: Path, seal: Seal
) -> None:
    player = Player(database, seal)
    await play_to(player, JANUARY_CLOSED)
    clawback, fen = await take_back_january(player)
    assert fen == 2_70
    await play_on(player, JANUARY_CLOSED, DECIDED)
    async with player.database.transaction() as conn:
        await create_operator(
            conn, SEAL, handle="yd.zhang", name="样例账单员", phone=make_phone(), operator="mobile",
            divisions=[COUNTY], now=NOW,
        )  # fmt: skip
    await add_account(player)
    finance, operator = await sign_in(player, "cai"), await sign_in(player, "yd.zhang")
    async with run_service(build_settings(dsn, folder, now=NOW)) as service:
        # Before the settlement: what it will transfer is shown beside what is due.
        text, shown = await read_payment(service, finance)
        assert "本次拨付 97.17 元，大写：人民币玖拾柒元壹角柒分 应拨 99.87 元，抵扣应退回的 2.70 元。" in text
        assert [[row[0], *row[4:]] for row in shown] == [
            ["运营商", "本次应拨", "抵扣应退回的", "本次拨付"],
            ["移动", "51.61", "2.70", "48.91"],
            ["联通", "28.82", "0.00", "28.82"],
            ["电信", "19.44", "0.00", "19.44"],
            ["合计", "99.87", "2.70", "97.17"],
        ]
        await play_on(player, DECIDED, SETTLED)
        assert (await read_payment(service, finance))[1] == shown
        async with open_desk_walker(service, finance) as browser:
            paper = await browser.open("/desk/payments/2019-02")
            voucher = await browser.client.get("/desk/payments/2019-02/voucher.csv")
            transfers = await browser.client.get("/desk/payments/2019-02/transfers.csv")
        assert read_table(paper)[0][-2] == "本次应拨"
        assert read_table(paper, 1)[1] == ["移动", "51.61", "2.70", "0.00", "48.91"]
        assert "抵扣应退回的,2303,应付政府补贴款-移动,2.70," in voucher.text
        assert "抵扣应退回的,1218,其他应收款-移动,,2.70" in voucher.text
        assert "样例移动阜平分公司,样例银行,62000000000000000001,48.91," in transfers.text
        async with open_desk_walker(service, operator) as browser:
            own = await browser.open("/operators/months/2019-02")
        assert "应付 51.61 元 抵扣应退回的 2.70 元 这次付 48.91 元" in own.text
    await answer_in_full(player)
    await reconcile_and_verify(player, clawback)


async def add_account(player: Player) -> None:
    new = NewBankAccount(
        operator=Operator.MOBILE, holder="样例移动阜平分公司", bank="样例银行", number=ACCOUNT, start=date(2019, 3, 1)
    )
    async with player.database.transaction(scope=COUNTY) as conn:
        finance, county = [
            actor for who in ("cai", "xian") if (actor := await find_actor_by_handle(conn, who, day=NOW.date()))
        ]
        entered = await enter_bank_account(conn, SEAL, finance, COUNTY, new, now=nine_o_clock("2019-02-28"))
        await decide_bank_account(
            conn, SEAL, county, COUNTY, entered, number=ACCOUNT, now=nine_o_clock("2019-02-28")
        )  # fmt: skip


async def answer_in_full(player: Player) -> None:
    """The settlement file has what the households are credited, which a debt of the operator does not lower."""
    sent = await read_sent(player, Operator.MOBILE, FEBRUARY)
    assert sum(round(float(row[4]) * 100) for row in make_rows(sent)) == 51_61
    answer = await send_return(player, name="mobile-2019-02.csv", day="2019-03-11", month=FEBRUARY)
    assert (answer["outcome"], answer["counts"]) == ("ok", {"rows": 11, "differences": 0})
    async with player.database.transaction(scope=COUNTY) as conn:
        view = await get_reconciliation(conn, SEAL, await find_cycle(conn, COUNTY, FEBRUARY), now=NOW)
    [own] = [each for each in view.operators if each.operator is Operator.MOBILE]
    assert (own.settled_fen, own.credited_fen, own.open) == (51_61, 51_61, 0)


async def reconcile_and_verify(player: Player, clawback: UUID) -> None:
    """The month is reconciled and closed; the clawback is cleared, and the ledger says so too."""
    await play_on(player, SETTLED, SETTLED + 1)
    async with player.database.transaction(scope=COUNTY) as conn:
        done = await get_clawback(conn, SEAL, COUNTY, clawback, divisions=[COUNTY])
        assert await verify_receivables(conn) == []
        kinds = ("receivable", "clawback", "recovered", "setoff")
        found = [each for kind in kinds for each in await list_balances(conn, prefix=f"{kind}:")]
    assert (done.state, done.left_fen, [(each.kind, each.fen, each.month) for each in done.entries]) == (
        "cleared", 0, [("set_off", 2_70, FEBRUARY)],
    )  # fmt: skip
    assert {each.code: each.minor for each in found if each.minor} == {
        f"clawback:{COUNTY}:2019": -2_70, f"setoff:{COUNTY}:2019": 2_70,
    }  # fmt: skip
