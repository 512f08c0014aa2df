"""Replaces the tables of pgqueuer by one row per schedule."""

from pathlib import Path

from payments.migrate import run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0004_schedules.sql").read_text("utf-8"))
