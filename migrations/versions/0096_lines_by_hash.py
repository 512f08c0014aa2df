"""The versions of a line's binding are kept apart by the hash of the line."""

from pathlib import Path

from payments.migrate import run_script

revision = "0096"
down_revision = "0095"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0096_lines_by_hash.sql").read_text("utf-8"))
