"""Part C of the golden story: every figure and phrase of its three papers stands on the printed forms."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from market.kernel import Database
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import NotAllowed
from market.places.counties.form_numbers import (
    BadFormNumber,
    FormNumber,
    PrintedFormKind,
    list_form_numbers,
    set_form_number,
)
from market.reports.month_view import MonthView, get_month_view
from market.service.web.desk.papers.form_pages import load_quarter_form
from market.service.web.desk.papers.forms import PrintedForm, build_approval_form
from market.service.web.desk.papers.payment_form import build_payment_form
from market.service.web.ui.format import MINUS, yuan
from market.subsidies.month.cycles import read_month
from market.subsidies.reconciliation.settlement_files import SettlementFile, list_settlement_files
from tests.story.play import COUNTY, STORY, Player
from tests.story.test_month import PLAN, play_to

NOW = datetime(2019, 4, 15, 1, tzinfo=UTC)
OTHER_WORDS = {
    "不在快照（号码未绑定）": "不在当月名单、号码未绑定",
    "已失去享受条件、已销户（死亡）": "已失去享受条件、已销户或移出",
    "闲置移出": "已销户或移出",
    "冲正：一月套餐应为10元": "冲正",
    "冲正：一月少报": "冲正",
    "2月10日死亡，3月18日登记": "名册、绑定或处理结果有变化",
    "2019-01": "2019年1月",
    "2019-02": "2019年2月",
    "阜平县贫困地区手机和宽带资费优惠情况季度报表（样例）": "阜平县手机和宽带资费优惠情况季度报表",
}
"""Words of the papers, and those of the forms: layout and wording are the system's, figures are not."""
OWN_WORDS = (
    "编号：样例-2019-03", "填报单位：阜平县样例办公室", "单位负责人：", "填报日期：2019年4月15日", "结算文件 SHA-256",
    "输入清单号 manifest_sha256", "结果号 result_sha256", "由系统打印", "打印时只显示后四位", "阜平县样例财政部门",
    "用于离线重算核对", "****0001", "说明：",
)  # fmt: skip
"""Places of the papers for what the system or a pen writes; each has a line of its own in a test below."""


OPINIONS = {
    "run": "三家账单及清单校验一致", "confirm": "属实", "review": "同意，例外3件已核", "decide": "同意按预算安排",
}  # fmt: skip


@pytest.fixture
async def play(database: Database, seal: Seal) -> Player:
    """The whole story, with the opinions that its approval form has."""
    player = Player(database, seal)
    await play_to(player, 36)
    for step in PLAN["steps"][36:]:
        for argv in step["commands"]:
            told = OPINIONS.get(argv[1]) if "2019-03" in argv and step["outcome"] == "ok" else None
            answer = await player([*argv, *(["--opinion", told] if told else [])], step["date"])
            assert argv[1] == "report" or answer["outcome"] == step["outcome"]
    return player


async def load_march(play: Player) -> tuple[MonthView, list[SettlementFile]]:
    async with play.database.transaction(scope=COUNTY) as conn:
        view = await get_month_view(conn, play.seal, COUNTY, read_month("2019-03"), [COUNTY])
        return view, await list_settlement_files(conn, COUNTY, view.cycle_id)


def read_paper(name: str) -> tuple[list[list[list[str]]], list[str]]:
    """Return the tables of a paper, and the phrases around them."""
    tables: list[list[list[str]]] = []
    phrases: list[str] = []
    table = False
    for line in (STORY / "paper" / name).read_text("utf-8").splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if set("".join(cells)) <= set("-"):
                continue
            if not table:
                tables.append([])
            tables[-1].append(cells)
        elif text := line.strip("# "):
            phrases += [part for part in re.split(r"[　。；，]+|，", text) if part]
        table = line.startswith("|")
    return tables, phrases


def write_cells(row: Sequence[Any], shapes: Sequence[str]) -> list[str]:
    """Return the cells as the page prints them, with the papers' minus."""
    pairs = zip(row, shapes, strict=True)
    cells = [yuan(cell) if shape == "fen" and isinstance(cell, int) else str(cell) for cell, shape in pairs]
    return [cell.strip().replace(MINUS, "-") for cell in cells]


def write_tables(form: PrintedForm) -> list[list[list[str]]]:
    return [
        [table.head, *(write_cells(row, table.shapes) for row in (*table.rows, *([table.foot] if table.foot else [])))]
        for table in (*form.tables, form.signs)
    ]


def write_text(form: PrintedForm) -> str:
    cells = [cell for table in write_tables(form) for row in table for cell in row]
    titles = [table.title for table in (*form.tables, form.signs)]
    text = "\n".join([form.title, *form.meta, *form.words, *form.notes, *form.foot, *titles, *cells, "（盖章）"])
    return text.replace(MINUS, "-")


def find_missing(phrases: list[str], text: str) -> list[str]:
    shown = re.sub(r"\s", "", text)
    missing: list[str] = []
    for phrase in phrases:
        told = re.sub(r"\s", "", OTHER_WORDS.get(phrase, phrase)).removesuffix("：")
        # A label and the name behind it may stand in two cells of a row.
        if told not in shown and not all(part in shown for part in told.split("：")):
            missing.append(phrase)
    return [phrase for phrase in missing if not any(own in phrase for own in OWN_WORDS)]


def translate(table: list[list[str]]) -> list[list[str]]:
    return [[OTHER_WORDS.get(cell, cell) for cell in row] for row in table]


async def test_the_approval_form_has_every_figure_and_phrase_of_the_paper(play: Player) -> None:
    view, _ = await load_march(play)
    form = build_approval_form(view, "阜平县")
    tables, phrases = read_paper("approval-2019-03.md")
    written = write_tables(form)
    assert written == [translate(table) for table in tables]
    assert find_missing(phrases, write_text(form)) == []
    assert len({row[1] for row in written[3][1:]}) == 4
    run = view.run
    assert run is not None
    assert form.foot == [f"输入清单号：{run.manifest_sha256}", f"结果号：{run.result_sha256}"]


async def test_the_request_for_payment_has_every_figure_and_phrase_of_the_paper(play: Player) -> None:
    view, files = await load_march(play)
    form = build_payment_form(view, "阜平县", files)
    tables, phrases = read_paper("payment-2019-03.md")
    assert write_tables(form)[0] == tables[0]
    assert find_missing(phrases, write_text(form)) == []
    assert form.meta[0] == "阜平县财政部门："
    signs = [row[:2] for row in form.signs.rows]
    assert signs == [["结算经办", "样例财某"], ["审定", "样例县某"], ["对账", "样例对某"]]
    assert [row[3] for row in form.signs.rows] == ["2019年4月9日", "2019年4月8日", "2019年4月12日"]
    assert [(each.name_zh, each.rows, each.sum_fen) for each in files] == [
        ("移动", 11, 3928), ("联通", 5, 2422), ("电信", 7, 984),
    ]  # fmt: skip
    assert all(each.sha256 in line for each, line in zip(files, form.foot, strict=True))


async def test_the_quarter_has_every_figure_and_phrase_of_the_paper(play: Player) -> None:
    async with play.database.transaction(scope=COUNTY) as conn:
        form = await load_quarter_form(conn, play.seal, COUNTY, "阜平县", "2019Q1")
    tables, phrases = read_paper("quarter-2019Q1.md")
    assert write_tables(form)[0] == tables[0]
    assert find_missing(phrases, write_text(form)) == []
    assert form.signs.head == ["填报人", "审核人", "单位负责人", "填报日期"]
    assert form.signs.rows[0][:2] == ["样例甘某", "样例县某"]
    assert form.title == "阜平县手机和宽带资费优惠情况季度报表"
    await number_the_quarter(play)


async def number_the_quarter(play: Player) -> None:
    """Number the paper from a day on; papers before keep theirs, and without a number it is an internal account."""
    number = FormNumber(
        form=PrintedFormKind.QUARTER, number="冀样例统1表", authority="样例统计局", document="样统制〔2019〕1号",
        starts_on=date(2019, 3, 1), last_on=date(2021, 12, 31),
    )  # fmt: skip
    async with play.database.transaction(scope=COUNTY) as conn:
        xian, zhen = [await find_actor_by_handle(conn, handle, day=NOW.date()) for handle in ("xian", "zhen")]
        assert xian is not None
        assert zhen is not None
        xian, zhen = replace(xian, second_factor=True), replace(zhen, second_factor=True)
        before = await load_quarter_form(conn, play.seal, COUNTY, "阜平县", "2019Q1")
        assert before.meta[-1] == "内部台账"
        await set_form_number(conn, xian, COUNTY, number, now=NOW)
        later = replace(number, number="冀样例统2表", starts_on=date(2019, 4, 1), last_on=None)
        await set_form_number(conn, xian, COUNTY, later, now=NOW)
        form = await load_quarter_form(conn, play.seal, COUNTY, "阜平县", "2019Q1")
        assert form.meta[-4:] == [
            "表号：冀样例统1表", "制定机关：样例统计局", "批准文号：样统制〔2019〕1号", "有效期至：2019年3月31日",
        ]  # fmt: skip
        assert [each.number for each in await list_form_numbers(conn, COUNTY)] == ["冀样例统2表", "冀样例统1表"]
        faulty = replace(number, number=" ", authority="长" * 61, document="长" * 61, last_on=date(2018, 1, 1))
        with pytest.raises(BadFormNumber) as refused:
            await set_form_number(conn, xian, COUNTY, faulty, now=NOW)
        assert [fault.field for fault in refused.value.errors] == ["number", "authority", "document", "last_on"]
        with pytest.raises(NotAllowed):
            await set_form_number(conn, zhen, COUNTY, number, now=NOW)
