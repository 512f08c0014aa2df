"""Templates, and what a county holds in the form of its files: importing it again changes nothing."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.sheets.spreadsheet import read_spreadsheet
from market.kernel.sheets.write_spreadsheet import FileFormat, write_csv, write_xlsx
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import NotAllowed, NotFound
from market.subsidies.imports.formats.templates import Download, list_column_help, write_template
from market.subsidies.imports.held import load_held, write_held
from market.subsidies.imports.kinds import IMPORT_KINDS, ImportKind
from tests.story.play import COUNTY, INPUT, Player, nine_o_clock
from tests.subsidies.imports.test_imports import run_import_command

DAY = "2019-04-15"
NOW = nine_o_clock(DAY)
SPREADSHEETS = [kind for kind in IMPORT_KINDS.values() if kind.columns]
HELD = [kind for kind in IMPORT_KINDS.values() if kind.keeps_rows]
IMPORTERS = {"import": "gan", "terms": "jiang"}
FACTS = (
    "persons", "households", "household_statuses", "memberships", "programmes", "programme_terms",
    "programme_sentences", "plans", "budgets", "lines", "bindings", "enrolments", "usage_days", "openings",
    "fact_versions", "listed_facts", "register_checks",
)  # fmt: skip


@pytest.mark.parametrize("kind", SPREADSHEETS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("file_format", FileFormat)
def test_a_template_has_every_column_and_one_example_row(kind: ImportKind, file_format: FileFormat) -> None:
    template = write_template(kind, file_format)
    spreadsheet = read_spreadsheet(template.name, template.content, kind.columns)
    assert [row.cells for row in spreadsheet.rows] == [{each.name: each.example for each in kind.columns}]
    assert template.name == f"{kind.name_zh}-模板.{file_format}"


@pytest.mark.parametrize("kind", IMPORT_KINDS.values(), ids=lambda kind: kind.name)
def test_every_column_is_explained_and_a_required_one_has_an_example(kind: ImportKind) -> None:
    rows = list_column_help(kind)
    assert [row.header for row in rows if not row.meaning] == []
    unclear = [row.header for row in rows if kind.columns and row.required == "必填" and not row.example]
    assert (len(rows) > 1, unclear) == (True, [])


async def test_the_example_rows_are_accepted_in_their_order(empty: Player, folder: Path) -> None:
    source = json.loads(write_template(IMPORT_KINDS["programmes"]).content)
    assert source["county_code"] == COUNTY
    assert (await run_import_command(empty, "programmes", INPUT / "programmes.json", "jiang"))["outcome"] == "ok"
    for kind in ("register", "plans", "budget", "enrolments", "bindings", "opening", "usage", "lists"):
        template = write_template(IMPORT_KINDS[kind])
        path = folder / f"{kind}.xlsx"
        path.write_bytes(template.content)
        answer = await run_import_command(empty, kind, path, IMPORTERS[IMPORT_KINDS[kind].duty])
        assert (answer["outcome"], answer["rows"]) == ("ok", 1), answer


async def export(player: Player, handle: str, kind: ImportKind, file_format: FileFormat) -> Download:
    async with player.database.transaction(scope=COUNTY) as conn:
        actor = await find_actor_by_handle(conn, handle, day=NOW.date())
        held = await load_held(conn, actor, COUNTY, kind, seal=player.seal, now=NOW)
    return write_held(kind, held, file_format)


async def dump_facts(player: Player) -> dict[str, list[str]]:
    async with player.database.transaction(scope=COUNTY) as conn:
        return {
            table: [row[0] for row in await conn.fetch(f"SELECT to_jsonb(t)::text FROM {table} t ORDER BY 1")]
            for table in FACTS
        }


@pytest.mark.parametrize("file_format", FileFormat)
async def test_what_a_county_holds_is_imported_again_without_any_change(
    quarter: Player, folder: Path, file_format: FileFormat
) -> None:
    template = folder / "lists.xlsx"
    template.write_bytes(write_template(IMPORT_KINDS["lists"]).content)
    assert (await run_import_command(quarter, "lists", template, "gan"))["outcome"] == "ok"
    before = await dump_facts(quarter)
    rows: dict[str, int] = {}
    for kind in HELD:
        who = IMPORTERS[kind.duty]
        download = await export(quarter, who, kind, file_format)
        path = folder / f"{kind.name}-{file_format}.{download.name.rpartition('.')[2]}"
        path.write_bytes(download.content)
        answer = await quarter(["import", kind.name, str(path), "--as", who], DAY)
        assert answer["outcome"] == "ok", (kind.name, answer)
        assert answer["changes"] == []
        rows[kind.name] = answer["rows"]
    assert await dump_facts(quarter) == before
    assert rows == {
        "register": 43, "programmes": 3, "plans": 12, "budget": 3, "enrolments": 26, "bindings": 28, "opening": 21,
        "usage": 14, "lists": 1,
    }  # fmt: skip


async def test_who_takes_what_the_county_holds_is_recorded_and_needs_the_duty(january: Player) -> None:
    download = await export(january, "gan", IMPORT_KINDS["bindings"], FileFormat.CSV)
    first = next(csv.DictReader(io.StringIO(download.content.decode("utf-8-sig"))))
    assert (first["业务编号"], first["身份证号"]) == ("DX-01", "130624197101019910")
    async with january.database.transaction(scope=COUNTY) as conn:
        detail = await conn.fetchval("SELECT detail::text FROM audit_entries WHERE action = 'export bindings'")
    assert json.loads(detail) == {"rows": 26}
    with pytest.raises(NotAllowed):
        await export(january, "jiang", IMPORT_KINDS["register"], FileFormat.CSV)
    with pytest.raises(NotFound):
        await export(january, "gan", IMPORT_KINDS["billing"], FileFormat.CSV)


TEXT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
COLUMNS = IMPORT_KINDS["usage"].columns[:3]


@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=5))
def test_any_text_is_written_and_read_back_unchanged(rows: list[tuple[str, str, str]]) -> None:
    names = [column.name for column in COLUMNS]
    wanted = [dict(zip(names, row, strict=True)) for row in rows]
    workbook = read_spreadsheet("a.xlsx", write_xlsx("使用", COLUMNS, wanted), COLUMNS)
    assert [row.cells for row in workbook.rows] == wanted
    table: Any = read_spreadsheet("a.csv", write_csv(COLUMNS, wanted), COLUMNS)
    assert [{key: cell.removeprefix("'") for key, cell in row.cells.items()} for row in table.rows] == [
        {key: cell.removeprefix("'") for key, cell in row.items()} for row in wanted
    ]
