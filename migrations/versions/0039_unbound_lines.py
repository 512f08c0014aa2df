"""Encrypted numbers of claimed lines that nobody has bound: codes have their ids, and stored cases are sealed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import context, op
from sqlalchemy import text

from payments.migrate import run_script

if TYPE_CHECKING:
    from market.kernel.seal import Seal

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

CASE_CONTEXT = "case_snapshots.case"
LIST_CASES = "SELECT county_code, manifest_sha256 FROM case_snapshots"
READ_CASE = "SELECT compressed_case FROM case_snapshots WHERE county_code = :county AND manifest_sha256 = :manifest"
SEAL_CASE = """
    UPDATE case_snapshots SET case_sealed = :sealed WHERE county_code = :county AND manifest_sha256 = :manifest
"""
LIST_UNBOUND = """
    SELECT county_code, line_code
      FROM (SELECT county_code, line_code FROM run_lines
            UNION SELECT county_code, line_code FROM finding_lines
            UNION SELECT county_code, line_code FROM line_holds
            UNION SELECT county_code, subject FROM findings
            UNION SELECT county_code, unnest(pays || stops) FROM finding_decisions) AS codes
     WHERE line_code ~ '^(YD|LT|DX)-'
       AND NOT EXISTS (SELECT FROM lines l WHERE l.county_code = codes.county_code AND l.code = codes.line_code)
"""
FIND_NUMBER = "SELECT id FROM identifiers WHERE value_index = :value_index"
ADD_STORED = "INSERT INTO unbound_lines (county_code, line_code, stored) VALUES (:county_code, :line_code, :stored)"
CODE = re.compile(r"((?:YD|LT|DX)-)(.+?)((?:-KD|-DS)?)")


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0039_unbound_lines.sql").read_text("utf-8"))
    if not context.is_offline_mode():
        _encrypt()
    run_script((folder / "sql/0039_unbound_lines_by_id.sql").read_text("utf-8"))


def _encrypt() -> None:
    """Seal the stored cases and find the ids of the numbers, with the `seal` of Alembic's `config.attributes`.

    Raises:
        RuntimeError: there are cases, and no seal to encrypt them.
    """
    conn = op.get_bind()
    cases = conn.execute(text(LIST_CASES)).all()
    if not cases:
        return
    seal: Seal | None = context.config.attributes.get("seal")
    if seal is None:
        raise RuntimeError("Revision 0039 encrypts the stored cases: run `market migrate` with MARKET_SECRET.")
    for county, manifest in cases:
        key = {"county": county, "manifest": manifest}
        compressed = conn.scalars(text(READ_CASE), key).one()
        conn.execute(text(SEAL_CASE), {**key, "sealed": seal.seal_bytes(compressed, CASE_CONTEXT)})
    if rows := list(_list_stored(seal)):
        conn.execute(text(ADD_STORED), rows)


def _list_stored(seal: "Seal") -> Iterator[dict[str, str]]:
    """Yield the codes in clear with those to store; an account may itself end in -KD or -DS."""
    conn = op.get_bind()
    for county, code in conn.execute(text(LIST_UNBOUND)).all():
        match = CODE.fullmatch(code)
        assert match is not None
        for number, suffix in ((match[2], match[3]), (match[2] + match[3], "")):
            found = conn.scalars(text(FIND_NUMBER), {"value_index": seal.index(number)}).one_or_none()
            if found is not None:
                yield {"county_code": county, "line_code": code, "stored": f"{match[1]}#{found}{suffix}"}
                break
