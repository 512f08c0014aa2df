"""The audit record and the leads of a county are read by an index."""

from pathlib import Path

from payments.migrate import run_script

revision = "0270"
down_revision = "0265"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0270_lists_by_county.sql").read_text("utf-8"))
