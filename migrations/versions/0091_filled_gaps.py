"""Stays shorter than the minimum that fill a gap."""

from pathlib import Path

from payments.migrate import run_script

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/fills_gap.sql").read_text("utf-8"))
