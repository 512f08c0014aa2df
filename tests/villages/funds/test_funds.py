"""A county's calls come by file; a shop applies once with what is known of it; the county decides with a reason."""

from datetime import date
from uuid import UUID

import asyncpg
import pytest
from msgspec.structs import replace

from market.cases.casework.models import CaseAnswererInvolved, CaseNotMovable, CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, Fen
from market.kernel.seal import Seal
from market.kernel.sheets.models import FileMalformed
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.places.county_files.models import CountyFile, FileOutcome
from market.places.county_files.run_file_import import import_county_file
from market.villages.areas import COUNTY_FILE_KINDS
from market.villages.funds.applications import (
    apply_for_fund,
    decide_application,
    list_call_applications,
    list_own_applications,
)
from market.villages.funds.calls import list_counted_calls, list_open_calls
from market.villages.funds.models import Application, CallClosed, FundAppliedBefore, FundInvalid, NewFundApplication
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import load_actor, make_account, make_producer

HEAD = "名称,主管部门,类别,额度,开始,截止,依据"
SHEDS = "菇棚改造,样例农业农村局,资金,20000.00,2019-09-01,2019-12-31,样例〔2019〕1号"
DESKS = "县电商园工位,样例商务局,孵化场地,,2019-09-20,2019-09-20,样例〔2019〕2号"
TODAY = date(2019, 9, 20)


async def take(conn: Connection, official: Actor, *rows: str) -> tuple[FileOutcome, dict[str, int]]:
    content = "\n".join((HEAD, *rows)).encode()
    file = CountyFile(county="130624", name="扶持.csv", content=content, dry_run=False, now=NOW)
    taken = await import_county_file(conn, official, COUNTY_FILE_KINDS["funds"], file)
    return taken.outcome, taken.counts


async def send(database: Database, seal: Seal, seller: Actor, number: int, new: NewFundApplication) -> Application:
    async with database.transaction(scope=get_person_scope(seller)) as conn:
        return await apply_for_fund(conn, seal, seller, number, new, now=NOW)


async def decide(
    database: Database, seal: Seal, official: Actor, case_id: UUID, *, fen: int | None, granted: bool = True
) -> Application:
    async with database.transaction(scope="130624") as conn:
        return await decide_application(
            conn, seal, official, case_id, granted=granted, granted_fen=None if fen is None else Fen(fen),
            text="材料齐", now=NOW,
        )  # fmt: skip


async def test_a_file_adds_and_changes_calls_and_names_its_bad_cells(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    assert await take(conn, county, SHEDS, DESKS) == (FileOutcome.STORED, {"new": 2, "changed": 0, "same": 0})
    assert [each.name for each in await list_open_calls(conn, "130624", day=TODAY)] == ["县电商园工位", "菇棚改造"]
    longer = SHEDS.replace("12-31", "12-30").replace("20000.00", "30000.00")
    assert await take(conn, county, longer, DESKS) == (FileOutcome.STORED, {"new": 0, "changed": 1, "same": 1})
    [sheds] = await list_open_calls(conn, "130624", day=date(2019, 12, 30))
    assert (sheds.amount_fen, sheds.last) == (3_000_000, date(2019, 12, 30))
    with pytest.raises(FileMalformed) as refused:
        await take(
            conn, county,
            SHEDS.replace("2019-09-01", "2019-10-01"),
            DESKS.replace("2019-09-20,样例", "2019-09-19,样例").replace("孵化场地", "别的"),
            SHEDS.replace("菇棚改造", "棚").replace("20000.00", "0"),
            SHEDS.replace("菇棚改造", "冷库").replace("2019-09-01", "2020-01-01"),
        )  # fmt: skip
    assert [(each.row, each.column) for each in refused.value.errors] == [  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
        (2, "开始"), (3, "类别"), (3, "截止"), (4, "名称"), (4, "额度"), (5, "截止"),
    ]  # fmt: skip


async def test_calls_of_one_name_follow_each_other_and_never_overlap(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    ended = SHEDS.replace("2019-09-01", "2019-01-01").replace("2019-12-31", "2019-09-20")
    later = SHEDS.replace("2019-09-01", "2020-01-01").replace("2019-12-31", "2020-06-30")
    await take(conn, county, ended)
    await take(conn, county, later)
    await conn.execute(
        "UPDATE fund_calls SET valid_during = daterange('2019-01-01', '2019-09-10') WHERE valid_during @> $1::date",
        TODAY,
    )
    for row in (
        SHEDS,
        SHEDS.replace("2019-09-01", "2019-09-10").replace("2019-12-31", "2020-01-01"),
    ):
        with pytest.raises(FileMalformed) as refused:
            await take(conn, county, row)
        assert [(each.row, each.column) for each in refused.value.errors] == [(2, "开始")]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
    between = SHEDS.replace("2019-09-01", "2019-09-10")
    assert (await take(conn, county, between))[1] == {"new": 1, "changed": 0, "same": 0}
    richer = between.replace("20000.00", "30000.00")
    assert (await take(conn, county, richer))[1] == {"new": 0, "changed": 1, "same": 0}
    assert (await take(conn, county, f"{richer} "))[1] == {"new": 0, "changed": 0, "same": 1}
    assert await conn.fetchval("SELECT array_agg(amount_fen ORDER BY valid_during) FROM fund_calls") == [
        2_000_000, 3_000_000, 2_000_000,
    ]  # fmt: skip


async def test_a_shop_applies_once_and_the_county_decides(database: Database, seal: Seal) -> None:
    async with database.transaction(scope="130624") as conn:
        county = await make_official_actor(conn, Role.COUNTY, "130624")
        importer = await make_official_actor(conn, Role.IMPORTER, "130624")
        elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
        await take(conn, county, SHEDS, DESKS, SHEDS.replace("菇棚改造", "以后的").replace("2019-09-01", "2019-10-01"))
        desks, sheds, later = [
            await conn.fetchval("SELECT number FROM fund_calls WHERE name = $1", name)
            for name in ("县电商园工位", "菇棚改造", "以后的")
        ]
        owner = await make_account(conn, name="样例农户")
        garden = await make_producer(conn, owner=owner)
        other = await make_producer(conn, name="样例外县店", village="130725100201", owner=owner)
        closed = await make_producer(conn, name="样例没开的", owner=owner, state="applied")
        seller = await load_actor(conn, owner, second_factor=False)
        stranger = await load_actor(conn, await make_account(conn, name="样例别人"), second_factor=False)
        # An official who is the seller too.
        own_county = await make_official_actor(conn, Role.COUNTY, "130624")
        await conn.execute(
            "INSERT INTO producer_members (producer_id, account_id, role, valid_during) VALUES ($1, $2, 'helper', $3)",
            garden, own_county.account_id, asyncpg.Range(TODAY, None),
        )  # fmt: skip
    new = NewFundApplication(producer_id=garden, wanted_fen=Fen(1_500_000), text="换两个棚的膜")
    for number, asked, refusal, fields in (
        (sheds, replace(new, wanted_fen=Fen(2_000_001), text=" "), FundInvalid, ["wanted", "text"]),
        (desks, new, FundInvalid, ["wanted"]),
        (later, new, CallClosed, []),
        (sheds, replace(new, producer_id=other), CallClosed, []),
        (sheds, replace(new, producer_id=closed), CallClosed, []),
        (999, new, NotFound, []),
    ):
        with pytest.raises(refusal) as refused:
            await send(database, seal, seller, number, asked)
        assert [each.field for each in refused.value.errors] == fields
    with pytest.raises(NotFound):
        await send(database, seal, stranger, sheds, new)
    sent = await send(database, seal, seller, sheds, new)
    assert (sent.snapshot.name, sent.snapshot.orders, sent.snapshot.certificates) == ("样例枣园", 0, [])
    with pytest.raises(FundAppliedBefore):
        await send(database, seal, seller, sheds, new)
    for official, fen, refused_by in (
        (elsewhere, 1_000_000, NotFound),
        (importer, 1_000_000, NotFound),
        (own_county, 1_000_000, CaseAnswererInvolved),
        (county, 2_000_001, FundInvalid),
        (county, None, FundInvalid),
    ):
        with pytest.raises(refused_by):
            await decide(database, seal, official, sent.case_id, fen=fen)
    done = await decide(database, seal, county, sent.case_id, fen=1_200_000)
    assert (done.outcome, done.granted_fen, done.reason) == (CaseOutcome.SOLVED, 1_200_000, "材料齐")
    with pytest.raises(CaseNotMovable):
        await decide(database, seal, county, sent.case_id, fen=1)
    place = await send(database, seal, seller, desks, replace(new, wanted_fen=None))
    refused_place = await decide(database, seal, county, place.case_id, fen=1, granted=False)
    assert (refused_place.outcome, refused_place.granted_fen) == (CaseOutcome.UNSOLVED, None)
    async with database.transaction(scope=get_person_scope(seller)) as conn:
        assert [each.call for each in await list_own_applications(conn, seal, seller)] == ["县电商园工位", "菇棚改造"]
        told = await conn.fetch("SELECT template FROM messages WHERE template LIKE 'fund%' ORDER BY template")
        assert [row["template"] for row in told] == ["fund_granted", "fund_refused"]
    async with database.transaction(scope=get_person_scope(stranger)) as conn:
        assert await conn.fetchval("SELECT count(*) FROM fund_applications") == 0
    async with database.transaction(scope="130624") as conn:
        calls = {each.name: each for each in await list_counted_calls(conn, importer, "130624")}
        listed = await list_call_applications(conn, seal, importer, "130624", sheds, now=NOW)
        # The figures are those of the list behind them.
        counted = calls["菇棚改造"]
        assert (counted.applied, counted.granted, counted.granted_fen) == (
            len(listed),
            sum(each.outcome is CaseOutcome.SOLVED for each in listed),
            sum(each.granted_fen or 0 for each in listed),
        )
        with pytest.raises(NotAllowed):
            await list_counted_calls(conn, elsewhere, "130624")
        for wrong in ("granted_fen = 2000001", "wanted_fen = 2000001", "granted_fen = 0"):
            with pytest.raises(asyncpg.PostgresError):
                async with conn.transaction():
                    await conn.execute(f"UPDATE fund_applications SET {wrong} WHERE case_id = $1", sent.case_id)
