"""Codes checked without a network."""

from pathlib import Path

from payments.migrate import run_script

revision = "0071"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0071_check_in_scans.sql").read_text("utf-8"))
