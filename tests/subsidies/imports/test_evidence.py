"""Evidence: superseded facts and the originals of files are kept, and a change of a known fact is shown first."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from market.kernel.seal import UnsealError
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import NotAllowed, NotFound
from market.subsidies.imports.originals import read_original
from tests.story.play import COUNTY, INPUT, Player, nine_o_clock
from tests.subsidies.imports.test_imports import (
    BINDINGS,
    ENROLMENTS,
    REGISTER,
    count_rows,
    edit_copy,
    run_import_command,
)

NOW = nine_o_clock("2019-02-03")


def keep_row(row: int, **cells: str) -> Callable[[list[list[str]]], None]:
    """Return an edit that keeps the header and one row, with `cells` by header."""

    def change(rows: list[list[str]]) -> None:
        rows[1:] = [rows[row]]
        for header, text in cells.items():
            rows[1][rows[0].index(header)] = text

    return change


async def list_versions(player: Player, fact: str) -> list[dict[str, Any]]:
    async with player.database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT subject, facts::text, f.name AS file, r.name AS replaced_by, replaced_at FROM fact_versions v"
            " LEFT JOIN import_files f ON f.id = v.file_id LEFT JOIN import_files r ON r.id = v.replaced_by"
            " WHERE fact = $1 ORDER BY v.id",
            fact,
        )
    return [dict(row) for row in rows]


async def test_a_changed_enrolment_is_shown_with_its_old_values_and_stored_on_request(
    january: Player, folder: Path
) -> None:
    path = edit_copy(ENROLMENTS, folder, "notice.csv", keep_row(1, 公示起="2018-09-18", 代办人="样例代办丁"))
    before = await count_rows(january)
    trial = await run_import_command(january, "enrolments", path, "gan", "--dry-run")
    shown = [(each["row"], each["column"], each["value"], each["message"]) for each in trial["changes"]]
    assert shown == [(2, "公示起", "2018-09-18", "原来是 2018-09-20"), (2, "代办人", "样例代办丁", "原来是 样例代办甲")]
    refused = await run_import_command(january, "enrolments", path)
    assert (refused["code"], refused["changed"], list(refused["errors"])) == ("facts_differ", 2, trial["changes"])
    assert await count_rows(january) == before
    taken = await run_import_command(january, "enrolments", path, "gan", "--take-changes")
    assert (taken["outcome"], taken["counts"]) == ("ok", {"enrolments": 1, "decided": 1, "changed": 2})
    [version] = await list_versions(january, "enrolments")
    assert (version["subject"], version["file"], version["replaced_by"]) == (
        "YD-01",
        "enrolments-2018-12-21.csv",
        "notice.csv",
    )
    async with january.database.transaction(scope=COUNTY) as conn:
        calculated_at = await conn.fetchval("SELECT max(ran_at) FROM runs")
    assert version["replaced_at"] > calculated_at, "though the test's clock stands a day before the calculation"
    assert '"notice": "[2018-09-20,2018-09-27)"' in version["facts"]
    assert '"agent": "样例代办甲"' in version["facts"]


@pytest.mark.parametrize("status", ["已申请", "公示中", "查重未通过", "未通过", "已撤回"])
async def test_a_pending_enrolment_is_decided_without_asking_and_one_turned_down_is_not(
    january: Player, folder: Path, status: str
) -> None:
    story = INPUT / "enrolments/enrolments-2019-02-01.csv"
    before = edit_copy(story, folder, "before.csv", keep_row(3, 状态=status))
    answer = await run_import_command(january, "enrolments", before, "gan", "--take-changes")
    assert answer["outcome"] == "ok", answer
    versions = len(await list_versions(january, "enrolments"))
    decision = {"公示起": "2019-01-04", "公示止": "2019-01-10", "审定日": "2019-01-12", "享受起": "2019-01-13"}
    decided = edit_copy(story, folder, "decided.csv", keep_row(3, 状态="已审定", 村级评议人="样例村干部A", **decision))
    answer = await run_import_command(january, "enrolments", decided)
    if status not in {"已申请", "公示中"}:
        assert (answer["code"], answer["changed"]) == ("facts_differ", 6)
        return
    assert (answer["outcome"], answer["counts"]["changed"]) == ("ok", 0)
    assert [each["subject"] for each in await list_versions(january, "enrolments")] == ["DX-06"] * (versions + 1)
    undone = await run_import_command(january, "enrolments", edit_copy(story, folder, "undone.csv", keep_row(3)))
    assert (undone["code"], undone["changed"]) == ("facts_differ", 6)


async def test_an_open_binding_is_ended_without_asking_and_its_device_is_not_replaced(
    january: Player, folder: Path
) -> None:
    ended = keep_row(1, 失效日="2019-01-20", 变更类型="销户")
    answer = await run_import_command(january, "bindings", edit_copy(BINDINGS, folder, "ended.csv", ended))
    assert (answer["outcome"], answer["counts"]["changed"]) == ("ok", 0)
    replaced = keep_row(1, 失效日="2019-01-20", 变更类型="销户", 设备标识="h1:other")
    answer = await run_import_command(january, "bindings", edit_copy(BINDINGS, folder, "device.csv", replaced))
    assert [(each["column"], each["message"]) for each in answer["errors"]] == [("设备标识", "原来空着")]
    versions = [each for each in await list_versions(january, "bindings") if each["replaced_by"] == "ended.csv"]
    assert [each["subject"] for each in versions] == ["YD-01"]
    assert '"valid_during": "[2018-10-01,)"' in versions[0]["facts"]


async def test_another_identity_of_a_binding_is_a_change(january: Player, folder: Path) -> None:
    other = keep_row(1, 身份证号="13062419901010991X", 姓名="样例赵三")
    answer = await run_import_command(january, "bindings", edit_copy(BINDINGS, folder, "other.csv", other))
    assert [(each["column"], each["value"], each["message"]) for each in answer["errors"]] == [
        ("身份证号", "", "原来是另一个")
    ]


async def test_changes_of_the_register_are_listed_by_row_and_value(january: Player, folder: Path) -> None:
    path = edit_copy(REGISTER, folder, "register.csv", keep_row(1, 姓名="样例赵某", 保障档="3", 成员至="2019-01-31"))
    answer = await run_import_command(january, "register", path)
    assert [(each["column"], each["value"], each["message"]) for each in answer["errors"]] == [
        ("姓名", "样例赵某", "原来是 样例赵一"),
        ("成员至", "2019-01-31", "原来空着"),
        ("保障档", "3", "原来是 2"),
    ]
    await run_import_command(january, "register", path, "gan", "--take-changes")
    facts = {fact: await list_versions(january, fact) for fact in ("persons", "memberships", "household_statuses")}
    assert [len(versions) for versions in facts.values()] == [1, 1, 1]
    assert "样例" not in facts["persons"][0]["facts"]


async def test_a_file_with_known_facts_alone_makes_no_version(january: Player, folder: Path) -> None:
    before = await count_rows(january)
    for kind, source, who in (
        ("register", REGISTER, "gan"),
        ("enrolments", ENROLMENTS, "gan"),
        ("plans", INPUT / "plans.csv", "jiang"),
    ):
        path = edit_copy(source, folder, f"{kind}-again.csv", lambda _: None)
        answer = await run_import_command(january, kind, path, who)
        assert answer["outcome"] == "ok", answer
    after = await count_rows(january)
    assert {table for table in before if after[table] != before[table]} == {"import_files"}
    async with january.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM fact_versions WHERE replaced_at >= $1", NOW) == 0


async def test_versions_and_originals_are_never_changed_or_removed(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM fact_versions") > 0
        for statement in (
            "DELETE FROM fact_versions",
            "UPDATE fact_versions SET facts = '{}'",
            "DELETE FROM import_originals",
            "UPDATE import_originals SET name = 'x'",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with conn.transaction():
                    await conn.execute(statement)


async def test_a_fact_that_is_changed_by_hand_is_kept_too(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        await conn.execute("UPDATE enrolments SET agent = '' WHERE line_code = 'YD-01'")
        row = await conn.fetchrow("SELECT subject, replaced_by, facts->>'agent' FROM fact_versions ORDER BY id DESC")
    assert tuple(row or ()) == ("YD-01", None, "样例代办甲")


async def find_file(player: Player, name: str) -> UUID:
    async with player.database.transaction(scope=COUNTY) as conn:
        file_id: UUID = await conn.fetchval("SELECT id FROM import_files WHERE name = $1", name)
    return file_id


async def read(player: Player, handle: str, file_id: UUID, name: str | None = None) -> tuple[str, bytes]:
    async with player.database.transaction(scope=COUNTY) as conn:
        actor = await find_actor_by_handle(conn, handle, day=NOW.date())
        return await read_original(conn, actor, COUNTY, file_id, name=name, seal=player.seal, now=NOW)


async def test_an_auditor_gets_the_original_and_the_reading_is_recorded(january: Player) -> None:
    file_id = await find_file(january, "mobile-2019-01.csv")
    bill = INPUT / "billing/mobile-2019-01.csv"
    manifest = bill.with_suffix(".manifest.json")
    assert await read(january, "dui", file_id) == (bill.name, bill.read_bytes())
    assert await read(january, "dui", file_id, manifest.name) == (manifest.name, manifest.read_bytes())
    async with january.database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch("SELECT detail->>'file' FROM audit_entries WHERE action = 'import read original'")
        sealed = await conn.fetchval("SELECT string_agg(content_sealed, '') FROM import_originals")
    assert sorted(row[0] for row in rows) == [bill.name, manifest.name]
    assert b"17050000101" not in sealed


async def test_an_original_is_read_by_those_who_decide_pay_or_reconcile_only(january: Player) -> None:
    file_id = await find_file(january, "bindings-2018-12-21.csv")
    for handle in ("jiang", "zhen"):
        with pytest.raises(NotAllowed):
            await read(january, handle, file_id)
    with pytest.raises(NotFound):
        await read(january, "dui", file_id, "other.csv")


async def test_a_dry_run_and_a_refused_file_keep_no_original(january: Player, folder: Path) -> None:
    async def count() -> int:
        async with january.database.transaction(scope=COUNTY) as conn:
            return await conn.fetchval("SELECT count(*) FROM import_originals")

    before = await count()
    path = edit_copy(ENROLMENTS, folder, "notice.csv", keep_row(1, 代办人="样例代办丁"))
    await run_import_command(january, "enrolments", path, "gan", "--dry-run")
    await run_import_command(january, "enrolments", path)
    assert await count() == before


def test_bytes_are_sealed_for_their_column_alone(january: Player) -> None:
    sealed = january.seal.seal_bytes(b"\xff\x00", "a")
    assert january.seal.open_bytes(sealed, "a") == b"\xff\x00"
    for call in (lambda: january.seal.open_bytes(sealed, "b"), lambda: january.seal.open(sealed, "a")):
        with pytest.raises(UnsealError):
            call()
