"""A revision replaces a bill of an undecided month as a whole; what it replaces stays as evidence."""

from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from market.kernel import Connection
from market.people.identity.models import Actor
from market.subsidies.month.build_case import load_case
from market.subsidies.operators.revisions import delete_replaced
from tests.story.play import COUNTY, Player
from tests.subsidies.month.test_returns import advance, take
from tests.subsidies.operators.bills import bill_row, list_cells, list_claims, make_sender, refuse, send, write
from tests.support.make import SEAL

FEBRUARY = date(2019, 2, 1)


async def remove(conn: Connection, file_id: UUID | None) -> None:
    async with conn.transaction():
        await delete_replaced(conn, COUNTY, file_id)


async def replace(conn: Connection, file_id: UUID | None, month: date) -> None:
    """Record an empty file of a month that replaces another, without its rows being removed."""
    async with conn.transaction():
        await conn.execute(
            "INSERT INTO import_files (county_code, kind, name, sha256, rows, operator, month, sum_fen, account_id,"
            " imported_at, replaces)"
            " SELECT county_code, kind, 'x', repeat('0', 64), 0, operator, $2, 0, account_id, imported_at, id"
            " FROM import_files WHERE id = $1",
            file_id, month,
        )  # fmt: skip
        await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")


async def get_file(conn: Connection, name: str) -> UUID:
    return await conn.fetchval("SELECT id FROM import_files WHERE name = $1", name)


async def test_a_revision_takes_the_place_of_a_file_whose_rows_stay_as_superseded_facts(county: Connection) -> None:
    sender = await make_sender(county)
    first = await send(county, sender, "a.csv", write(bill_row(1), bill_row(2), bill_row(3)))
    second = await send(
        county, sender, "a-r1.csv", write(bill_row(1), bill_row(2, fen="18.00")), replaces=first.file_id
    )
    assert [row[6] for row in await list_claims(county)] == [19_00, 18_00]
    kept = await county.fetch(
        "SELECT (facts ->> 'reduction_fen')::int AS fen, file_id, replaced_by FROM fact_versions WHERE fact = 'claims'"
        " ORDER BY (facts ->> 'row_number')::int"
    )
    assert [tuple(row) for row in kept] == [(19_00, first.file_id, second.file_id)] * 3
    originals = await county.fetch("SELECT name FROM import_originals WHERE NOT attached ORDER BY name")
    assert {"a.csv", "a-r1.csv"} <= {row[0] for row in originals}


async def test_a_revision_gives_the_case_that_the_right_file_would_have_given(county: Connection) -> None:
    sender = await make_sender(county)
    right = write(bill_row(1), bill_row(2, fen="18.00"))
    attempt = county.transaction()
    await attempt.start()
    await send(county, sender, "right.csv", right)
    expected = await load_case(county, SEAL, COUNTY, FEBRUARY)
    await attempt.rollback()
    wrong = await send(county, sender, "wrong.csv", write(bill_row(2), bill_row(7)))
    await send(county, sender, "right.csv", right, replaces=wrong.file_id)
    assert await load_case(county, SEAL, COUNTY, FEBRUARY) == expected


async def test_a_file_is_replaced_once_by_a_file_of_its_operator_and_month(county: Connection) -> None:
    mobile, unicom = await make_sender(county), await make_sender(county, "unicom", handle="lt.wang")
    first = await send(county, mobile, "a.csv", write(bill_row(1)))
    await send(county, mobile, "b.csv", write(bill_row(1, fen="18.00")), replaces=first.file_id)
    others: list[tuple[Actor, dict[str, Any]]] = [
        (mobile, {"replaces": first.file_id}),
        (unicom, {"replaces": await get_file(county, "b.csv"), "operator": "unicom"}),
        (mobile, {"replaces": await get_file(county, "mobile-2019-01.csv")}),
        (mobile, {"replaces": UUID("01a212c7-28a9-7f00-b2ed-2f4e5ab8cde5")}),
    ]
    for sender, given in others:
        refusal = await refuse(county, sender, "c.csv", write(bill_row(1, fen="17.00")), **given)
        assert refusal.code == "bill_not_replaceable"


async def test_the_schema_replaces_no_bill_in_part_and_none_of_another_month(county: Connection) -> None:
    sender = await make_sender(county)
    first = await send(county, sender, "a.csv", write(bill_row(1)))
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await remove(county, first.file_id)
    for month, message in ((date(2019, 3, 1), "import_files_replaces"), (FEBRUARY, "replaces a part")):
        with pytest.raises(asyncpg.PostgresError, match=message):
            await replace(county, first.file_id, month)


async def test_a_changed_file_under_one_name_says_to_send_a_revision(county: Connection) -> None:
    sender = await make_sender(county)
    await send(county, sender, "a.csv", write(bill_row(1)))
    refusal = await refuse(county, sender, "a.csv", write(bill_row(2)))
    assert refusal.code == "file_changed"
    assert refusal.text().endswith("请换一个文件名；要更正原来的，就作为修订交，写明替换 a.csv。")
    assert (await refuse(county, sender, "b.csv", write(bill_row(1)))).code == "file_taken"
    again = await send(county, sender, "a.csv", write(bill_row(1)))
    assert again.outcome == "no-op"


@pytest.mark.parametrize(("day", "refused"), [("2019-08-31", False), ("2019-09-01", True)])
async def test_a_revision_raises_nothing_after_six_months_and_lowers_always(
    county: Connection, day: str, refused: bool
) -> None:
    sender = await make_sender(county)
    first = await send(county, sender, "a.csv", write(bill_row(1), bill_row(2)))
    more = write(bill_row(1, fen="19.50"), bill_row(2))
    if refused:
        refusal = await refuse(county, sender, "b.csv", more, replaces=first.file_id, day=day)
        assert [(each.row, each.column, each.value, each.message) for each in list_cells(refusal)] == [
            (2, "优惠减免", "19.50", "2019-02 已过 6 个月，修订只能往下改，最多 19.00"),
        ]  # fmt: skip
    else:
        await send(county, sender, "b.csv", more, replaces=first.file_id, day=day)
    latest = await get_file(county, "a.csv" if refused else "b.csv")
    await send(county, sender, "c.csv", write(bill_row(1, fen="1.00")), replaces=latest, day=day)
    assert [row[6] for row in await list_claims(county)] == [1_00]


async def test_a_row_that_was_corrected_since_stays_in_the_revision(county: Connection) -> None:
    sender = await make_sender(county)
    first = await send(county, sender, "a.csv", write(bill_row(1), bill_row(2)))
    down = bill_row(1, month="2019-03", corrects="2019-02").replace("38.00,19.00,19.00", "-38.00,-19.00,-19.00")
    await send(county, sender, "m.csv", write(down), month="2019-03", day="2019-04-03")
    refusal = await refuse(county, sender, "b.csv", write(bill_row(2)), replaces=first.file_id, day="2019-04-03")
    assert [(each.row, each.message) for each in list_cells(refusal)] == [
        (1, "替换的文件里有一行后来冲正过，没有它 2019-02 低于零；这一行要留着")
    ]


async def test_a_revision_never_undoes_a_confirmation_silently(january: Player) -> None:
    await advance(january, "confirm")
    async with january.database.transaction(scope=COUNTY) as conn:
        sender = await make_sender(conn, day="2019-02-06")
        content = write(bill_row(1, month="2019-01", number="17050000101", fen="1.00"))
        await send(
            conn, sender, "r1.csv", content, month="2019-01", day="2019-02-06",
            replaces=await get_file(conn, "mobile-2019-01.csv"),
        )  # fmt: skip
        assert await conn.fetchval("SELECT state FROM cycles WHERE month = '2019-01-01'") == "confirmed"
    assert (await take(january, "run"))["code"] == "approvals_would_be_void"


async def test_a_decided_month_is_refused_at_its_cell_with_what_would_be_right(january: Player) -> None:
    await advance(january, "decide")
    async with january.database.transaction(scope=COUNTY) as conn:
        sender = await make_sender(conn, day="2019-02-06")
        replaces = await get_file(conn, "mobile-2019-01.csv")
        for name, named in (("late.csv", None), ("r1.csv", replaces)):
            content = write(bill_row(1, month="2019-01"))
            refusal = await refuse(conn, sender, name, content, month="2019-01", day="2019-02-06", replaces=named)
            assert refusal.code == "wrong_state"
            assert [(each.row, each.column, each.value, each.message) for each in list_cells(refusal)] == [
                (2, "账期", "2019-01", "这个月已经审定；要改，写进还没审定的月份的账单：冲正账期写 2019-01")
            ]
        with pytest.raises(asyncpg.PostgresError, match="decided"):
            await replace(conn, replaces, date(2019, 1, 1))
