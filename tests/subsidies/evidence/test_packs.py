"""Evidence packs of the story's quarter: sealed once, the same each time, and without names."""

import asyncio
import io
import zipfile
from pathlib import Path

import asyncpg
import pytest

from market.subsidies.evidence import seal_pack, verify_pack
from market.subsidies.evidence.contents import PackNotReproduced
from market.subsidies.evidence.seal_pack import PackChanged, load_pack, seal_closed_months
from market.subsidies.models import WrongState
from payments.retries import BatchSummary
from tests.story.play import COUNTY, INPUT, Player
from tests.subsidies.evidence.conftest import MONTHS, NOW
from tests.subsidies.evidence.editing import Editor, SealedPack
from tests.support.make import SEAL
from tests.support.postgres import as_owner


async def read(player: Player, at: int) -> bytes:
    async with player.database.transaction(scope=COUNTY) as conn:
        _, content = await load_pack(conn, SEAL, COUNTY, MONTHS[at], by="sample", now=NOW)
    return content


def test_the_packs_of_a_quarter_verify_with_and_without_their_keys(
    packs: list[SealedPack], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / f"{at}.zip" for at in range(3)]
    for path, pack in zip(paths, packs, strict=True):
        path.write_bytes(pack.content)
    assert verify_pack.main([*map(str, paths)]) == 0
    assert "没有密钥，文件没有打开" in capsys.readouterr().out
    keys = [word for pack in packs for word in ("--key", pack.key)]
    assert verify_pack.main([*map(str, paths), *keys]) == 0
    assert capsys.readouterr().out.count("文件和名字都打开核对了") == 3
    with pytest.raises(SystemExit):
        verify_pack.main([*map(str, paths), *keys[2:]])
    assert "3 包，2 把密钥：一包一把，同样先后" in capsys.readouterr().err


def test_a_pack_shows_no_name_number_or_code(packs: list[SealedPack]) -> None:
    shown = b"".join(content for pack in packs for content in Editor(pack).raw.values())
    words = {
        word
        for path in INPUT.rglob("*.csv")
        for word in path.read_text("utf-8", "replace").replace("\n", ",").split(",")
    }
    secret = {
        word
        for word in words
        if (word.isdigit() and len(word) in {11, 15, 18, 19, 20}) or word.startswith(("样例", "YD-", "LT-", "DX-", "H"))
    }
    assert len(secret) > 100
    assert {word for word in secret if word.encode() in shown and len(word) > 3} == set()


async def test_a_pack_is_sealed_once_and_the_same_each_time(quarter: Player) -> None:
    first = await read(quarter, 0)
    assert await read(quarter, 0) == first
    async with quarter.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM evidence_packs") == 1
        actions = await conn.fetch("SELECT action FROM audit_entries WHERE action LIKE '%pack%' ORDER BY at, sequence")
        assert sorted(row[0] for row in actions) == ["export pack", "export pack", "seal pack"]


async def test_closed_months_are_sealed_in_their_order_for_all_who_ask(quarter: Player) -> None:
    await read(quarter, 1)
    assert await seal_closed_months(quarter.database, SEAL, now=NOW) == BatchSummary(done=1, failed=0)
    assert await seal_closed_months(quarter.database, SEAL, now=NOW) == BatchSummary(done=0, failed=0)
    async with quarter.database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT to_char(month, 'YYYY-MM'), number FROM evidence_packs p JOIN cycles ON id = cycle_id ORDER BY month"
        )
    assert [tuple(row) for row in rows] == [("2019-01", 1), ("2019-02", 2), ("2019-03", 3)]


async def test_a_month_that_cannot_be_sealed_takes_no_others_place(
    quarter: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal_pack, "MAX_AT_ONCE", 1)
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute("ALTER TABLE runs DISABLE TRIGGER USER")
        await conn.execute(
            "UPDATE runs SET result_sha256 = repeat('0', 64)"
            " WHERE id = (SELECT run_id FROM cycles WHERE month = '2019-01-01')"
        )
    for _ in range(2):
        assert await seal_closed_months(quarter.database, SEAL, now=NOW) == BatchSummary(done=1, failed=1)
    assert await seal_closed_months(quarter.database, SEAL, now=NOW) == BatchSummary(done=0, failed=1)


async def test_two_who_ask_at_once_get_one_pack(quarter: Player) -> None:
    written = await asyncio.gather(*(read(quarter, at) for at in (0, 0, 1, 0)))
    assert len(set(written)) == 2
    async with quarter.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT array_agg(number ORDER BY number) FROM evidence_packs") == [1, 2]


async def test_only_a_closed_month_has_a_pack(january: Player) -> None:
    with pytest.raises(WrongState):
        await read(january, 0)


async def test_a_changed_original_is_found_when_the_pack_is_written_again(quarter: Player) -> None:
    await read(quarter, 0)
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute("ALTER TABLE import_originals DISABLE TRIGGER USER")
        await conn.execute(
            "UPDATE import_originals o SET content_sealed = p.content_sealed, sha256 = p.sha256, bytes = p.bytes"
            " FROM import_originals p WHERE p.name = 'mobile-2019-01.csv' AND o.name = 'unicom-2019-01.csv'"
        )
    with pytest.raises(PackChanged):
        await read(quarter, 0)


async def test_a_case_that_gives_another_result_is_not_sealed(quarter: Player) -> None:
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute("ALTER TABLE runs DISABLE TRIGGER USER")
        await conn.execute("UPDATE runs SET result_sha256 = repeat('0', 64)")
    with pytest.raises(PackNotReproduced):
        await read(quarter, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE evidence_packs SET head_sha256 = repeat('0', 64)",
        "DELETE FROM evidence_packs",
        "TRUNCATE evidence_packs CASCADE",
    ],
)
async def test_a_sealed_pack_is_not_rewritten_even_by_the_owner(quarter: Player, statement: str) -> None:
    await read(quarter, 0)
    async with quarter.database.connection() as conn:
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            async with conn.transaction(), as_owner(conn):
                await conn.execute(statement)


COPY_PACK = """
    INSERT INTO evidence_packs
    SELECT (SELECT id FROM cycles WHERE month = '2019-03-01'), county_code, 3, {previous}, repeat('2', 64), public_key,
           signature, run_id, sealed_at, content_sealed
      FROM evidence_packs WHERE number = 2
"""


@pytest.mark.parametrize(
    "previous", ["(SELECT head_sha256 FROM evidence_packs WHERE number = 1)", "NULL", "repeat('1', 64)"]
)
async def test_a_county_has_one_chain_of_packs(quarter: Player, previous: str) -> None:
    await read(quarter, 0)
    await read(quarter, 1)
    async with quarter.database.connection() as conn:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError):
            async with conn.transaction(), as_owner(conn):
                await conn.execute(COPY_PACK.format(previous=previous))


def test_a_pack_tells_nothing_of_when_it_was_written(packs: list[SealedPack]) -> None:
    with zipfile.ZipFile(io.BytesIO(packs[0].content)) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
