"""Persons of the register are erased; what was counted, its hashes and the packs stay."""

import io
import json
import zipfile
import zlib
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from market.kernel import Connection
from market.service.commands.reseal import SEALED_COLUMNS, SEALED_FILES
from market.subsidies.engine.canonical import canonical_json
from market.subsidies.evidence import erase_persons, verify_pack
from market.subsidies.evidence.erase_persons import (
    ErasureReason,
    PersonNotErasable,
    PersonUnknown,
    erase_due_persons,
    erase_person,
)
from market.subsidies.evidence.seal_pack import load_pack, read_pack_key, seal_closed_months
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.lines.pauses import PAUSE_END_CONTEXT, PAUSE_NOTE_CONTEXT
from market.subsidies.lines.views import CHANGE_DETAILS_CONTEXT, CHANGE_NOTE_CONTEXT, CHANGE_REASON_CONTEXT
from market.subsidies.month.build_case import load_case
from payments.retries import BatchSummary
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.evidence.conftest import MONTHS, NOW
from tests.subsidies.evidence.editing import Editor, SealedPack
from tests.support.make import SEAL
from tests.support.postgres import as_owner

LATER = nine_o_clock("2020-01-10")
IDENTITY, NAME, NUMBER = "130624196202029910", "样例赵一", "17050000101"
LEFT_IN_BILLS = {"import_originals.content_sealed", "settlement_files.content_sealed"}
"""What has the number of a line without its holder: the operators' files, and those that were sent to them."""


async def read_everything(conn: Connection) -> AsyncGenerator[tuple[str, str]]:
    """Yield every sealed value in clear, and every row of every table as text."""
    async with as_owner(conn):
        for each in (*SEALED_COLUMNS, *SEALED_FILES):
            if each.table in {"idempotency_keys", "evidence_packs"}:
                continue
            for row in await conn.fetch(f"SELECT {each.column} FROM {each.table} WHERE {each.column} <> ''"):
                content = SEAL.open_bytes(row[0], each.context)
                if each in SEALED_FILES:
                    with suppress(zlib.error):
                        content = zlib.decompress(content)
                yield f"{each.table}.{each.column}", content.decode("utf-8", "replace")
        for row in await conn.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
            for value in await conn.fetch(f"SELECT t::text FROM {row[0]} t"):
                yield row[0], value[0]


async def find_places(player: Player, text: str) -> set[str]:
    async with player.database.transaction(scope=COUNTY) as conn:
        return {place async for place, content in read_everything(conn) if text in content}


async def read_devices_and_sims(player: Player) -> list[str]:
    """Return the IMEI and the ICCID of the person's number, where they are known."""
    async with player.database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT i.value_sealed FROM bindings b JOIN identifiers i ON i.id IN (b.device_id, b.sim_id)"
            " WHERE b.identity_index = $1 ORDER BY i.id = b.sim_id LIMIT 2",
            SEAL.index(IDENTITY),
        )
    return [SEAL.open(row["value_sealed"], IDENTIFIER_CONTEXT) for row in rows]


async def leave(player: Player) -> None:
    """The person moved away, and the operator closed the number; the quarter's packs are sealed."""
    async with player.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute(
            "UPDATE memberships m SET valid_during = daterange(lower(valid_during), '2019-04-01') FROM persons p"
            " WHERE p.id = m.person_id AND p.identity_index = $1",
            SEAL.index(IDENTITY),
        )
        await conn.execute(
            "UPDATE bindings SET valid_during = daterange(lower(valid_during), '2019-04-02')"
            " WHERE identity_index = $1 AND upper_inf(valid_during)",
            SEAL.index(IDENTITY),
        )
        await conn.execute("UPDATE findings SET state = 'decided' WHERE state = 'open'")
        await write_about_line(conn)


async def write_about_line(conn: Connection) -> None:
    """What officials wrote about the person: a change of the line that was refused, and a pause that ended."""
    line = await conn.fetchval("SELECT line_code FROM bindings WHERE identity_index = $1", SEAL.index(IDENTITY))
    one, two = [row[0] for row in await conn.fetch("SELECT id FROM accounts ORDER BY id LIMIT 2")]
    await conn.execute(
        "INSERT INTO line_changes (county_code, line_code, verb, effective_on, details_sealed, note_sealed,"
        " reported_by, reported_person, reported_at, outcome, decided_by, decided_person, decided_at, reason_sealed)"
        " VALUES ($1, $2, 'replace_sim', '2019-03-31', $3, $4, $6, 'a', $8, 'refused', $7, 'b', $8, $5)",
        COUNTY, line, SEAL.seal(f'{{"sim": "{NUMBER}"}}', CHANGE_DETAILS_CONTEXT), SEAL.seal(NAME, CHANGE_NOTE_CONTEXT),
        SEAL.seal(NAME, CHANGE_REASON_CONTEXT), one, two, NOW,
    )  # fmt: skip
    await conn.execute(
        "INSERT INTO enrolment_pauses (county_code, line_code, paused_during, reason, note_sealed, paused_by,"
        " paused_person, paused_at, ended_by, ended_person, ended_at, end_note_sealed)"
        " VALUES ($1, $2, '[2019-05-01,2019-05-03)', 'away', $3, $5, 'a', $7, $6, 'b', $7, $4)",
        COUNTY, line, SEAL.seal(NAME, PAUSE_NOTE_CONTEXT), SEAL.seal(NAME, PAUSE_END_CONTEXT), one, two, NOW,
    )  # fmt: skip


async def read_pack(player: Player, at: int, now: datetime) -> SealedPack:
    async with player.database.transaction(scope=COUNTY) as conn:
        _, content = await load_pack(conn, SEAL, COUNTY, MONTHS[at], by="sample", now=now)
        return SealedPack(content, await read_pack_key(conn, SEAL, COUNTY, MONTHS[at], by="sample", now=now))


async def list_hashes(player: Player) -> list[bytes]:
    async with player.database.transaction(scope=COUNTY) as conn:
        return [canonical_json(await load_case(conn, SEAL, COUNTY, month)) for month in MONTHS]


async def test_an_erased_person_is_nowhere_and_the_quarter_still_gives_its_hashes(
    quarter: Player, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await leave(quarter)
    assert await seal_closed_months(quarter.database, SEAL, now=NOW) == BatchSummary(done=3, failed=0)
    before, cases = [await read_pack(quarter, at, NOW) for at in range(3)], await list_hashes(quarter)
    index = SEAL.index(IDENTITY).hex()
    assert await find_places(quarter, IDENTITY)
    assert await find_places(quarter, index)
    own = await read_devices_and_sims(quarter)
    assert own

    async with quarter.database.transaction(scope=COUNTY) as conn:
        erased = await erase_person(conn, SEAL, COUNTY, IDENTITY, by="sample", now=LATER)
    assert erased.persons == 1
    assert set(erased.files) >= {"register-2018-12-20.csv", "bindings-2018-12-21.csv"}

    assert await find_places(quarter, IDENTITY) == set()
    assert await find_places(quarter, NAME) == set()
    assert await find_places(quarter, index) == set()
    assert await find_places(quarter, NUMBER) <= LEFT_IN_BILLS
    for each in own:
        assert "identifiers.value_sealed" not in await find_places(quarter, each)
    assert "import_originals.content_sealed" in await find_places(quarter, "样例赵二")
    assert await list_hashes(quarter) == cases

    paths = [tmp_path / f"{at}.zip" for at in range(3)]
    for at, path in enumerate(paths):
        after = await read_pack(quarter, at, LATER)
        path.write_bytes(after.content)
        assert Editor(after).seal["head"] == Editor(before[at]).seal["head"]
        assert verify_pack.main([str(path), "--key", after.key]) == 0
    assert verify_pack.main([*map(str, paths)]) == 0
    assert "起不再交出" in capsys.readouterr().out
    with zipfile.ZipFile(io.BytesIO(before[0].content)) as old, zipfile.ZipFile(paths[0]) as new:
        gone = set(old.namelist()) - set(new.namelist())
        assert gone == set(json.loads(new.read("seal.json"))["erased"]["members"])
        assert all(name.startswith("files/") for name in gone)
    # A member that is missing without the installation's word, or with somebody else's, is a difference.
    for change in ("left out", "told", "signed by another"):
        own = Editor(SealedPack(paths[0].read_bytes(), before[0].key))
        if change == "left out":
            del own.raw["files/0005.bin"]
        else:
            own.seal["erased"]["members"]["files/0005.bin"] = LATER.isoformat()
            own.raw.pop("files/0005.bin", None)
        if change == "signed by another":
            key = Ed25519PrivateKey.generate()
            note = f"{verify_pack.FORMAT} {own.seal['head']} erased ".encode()
            own.seal["erased"]["public_key"] = key.public_key().public_bytes_raw().hex()
            own.seal["erased"]["signature"] = key.sign(note + canonical_json(own.seal["erased"]["members"])).hex()
        path = tmp_path / "changed.zip"
        path.write_bytes(own.write())
        assert verify_pack.main([str(path)]) == 1

    async with quarter.database.transaction(scope=COUNTY) as conn:
        with pytest.raises(PersonUnknown):
            await erase_person(conn, SEAL, COUNTY, IDENTITY, by="sample", now=LATER)
        assert await conn.fetch("SELECT reason, erased_by FROM register_erasures") == [
            (ErasureReason.REQUEST, "sample")
        ]
        assert await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'erase person'") == 1


async def test_who_is_still_needed_is_not_erased(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        with pytest.raises(PersonUnknown):
            await erase_person(conn, SEAL, COUNTY, "110101199003078515", by="sample", now=LATER)
        with pytest.raises(PersonNotErasable) as refused:
            await erase_person(conn, SEAL, COUNTY, IDENTITY, by="sample", now=LATER)
    assert [each.message for each in refused.value.errors] == [
        "还在名册里", "名下的号码还在用，或者停用还不到六个月", "用过号码的月份还没有都关账、封存",
    ]  # fmt: skip
    # The function refuses as well, and the service rewrites no version by itself.
    async with quarter.database.transaction(scope=COUNTY) as conn:
        person = await conn.fetchval("SELECT id FROM persons WHERE identity_index = $1", SEAL.index(IDENTITY))
        with pytest.raises(asyncpg.PostgresError, match="cannot be erased: member, bound, month"):
            async with conn.transaction():
                await conn.execute(
                    "SELECT erase_register_person($1, 'x', '{}', '[]', 'request', 'x', $2)", person, LATER
                )
        await conn.execute("SET LOCAL market.erasing = 'on'")
        kept = await conn.fetchval("SELECT count(*) FROM fact_versions WHERE fact = 'persons'")
        await conn.execute("UPDATE persons SET sex = '男' WHERE sex = '女'")
        assert await conn.fetchval("SELECT count(*) FROM fact_versions WHERE fact = 'persons'") > kept


async def test_who_left_years_ago_is_erased_at_night(quarter: Player) -> None:
    """样例周二 died on 10 February 2019; the county keeps persons for five years by default."""
    assert await erase_due_persons(quarter.database, SEAL, now=nine_o_clock("2024-02-12")) == BatchSummary(
        done=0, failed=0
    )
    await seal_closed_months(quarter.database, SEAL, now=NOW)
    assert await erase_due_persons(quarter.database, SEAL, now=nine_o_clock("2024-02-10")) == BatchSummary(
        done=0, failed=0
    )
    day = nine_o_clock("2024-02-12")
    assert await erase_due_persons(quarter.database, SEAL, now=day) == BatchSummary(done=1, failed=0)
    assert await erase_due_persons(quarter.database, SEAL, now=day) == BatchSummary(done=0, failed=0)
    assert await find_places(quarter, "130624194808089919") == set()
    async with quarter.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT array_agg(reason) FROM register_erasures") == ["retention"]


async def test_who_is_behind_persons_that_cannot_be_erased_is_erased_the_same_night(
    quarter: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erase_persons, "MAX_AT_ONCE", 1)
    await seal_closed_months(quarter.database, SEAL, now=NOW)
    async with quarter.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute(
            "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-02-10'), leave_reason = '迁出'"
            " WHERE person_id IN (SELECT p.id FROM persons p JOIN memberships m ON m.person_id = p.id"
            "  WHERE upper_inf(m.valid_during) AND lower(m.valid_during) < '2019-02-10'"
            "  AND NOT EXISTS (SELECT FROM bindings b WHERE b.identity_index = p.identity_index) ORDER BY p.id LIMIT 3)"
        )
    day = nine_o_clock("2024-02-12")
    async with quarter.database.connection() as conn:
        due = await erase_persons.LIST_DUE_ERASURES.all(conn, day=day.date(), years=5, most=100)
    assert len(due) > 2
    async with quarter.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        await conn.execute("UPDATE persons SET identity_sealed = 'x' WHERE id = $1", due[0].person_id)
    assert await erase_due_persons(quarter.database, SEAL, now=day) == BatchSummary(done=len(due) - 1, failed=1)
    async with quarter.database.connection() as conn:
        assert await erase_persons.LIST_DUE_ERASURES.all(conn, day=day.date(), years=5, most=100) == due[:1]
