"""The table of imports: its kinds, the schema's and the functions are the same."""

import re

from market.kernel import Database
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.imports.run_import import FUNCTIONS


def test_every_kind_has_a_function() -> None:
    assert FUNCTIONS.keys() == IMPORT_KINDS.keys()


async def test_the_schema_knows_the_same_kinds(shared: Database) -> None:
    async with shared.connection() as conn:
        constraint = await conn.fetchval(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'import_files_kind'"
        )
        one_content = await conn.fetchval("SELECT pg_get_indexdef('import_files_name_unique'::regclass)")
    assert set(re.findall(r"'(\w+)'", constraint)) == IMPORT_KINDS.keys()
    assert set(re.findall(r"'(\w+)'", one_content)) == {
        kind.name for kind in IMPORT_KINDS.values() if not kind.revisable
    }


def test_a_spreadsheet_has_columns_and_json_has_none() -> None:
    assert [kind.name for kind in IMPORT_KINDS.values() if bool(kind.columns) == (kind.file_types == (".json",))] == []
