"""Figures of closed quarters are published, without small ones."""

from pathlib import Path

from payments.migrate import run_script

revision = "0143"
down_revision = "0142"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0143_open_figures.sql").read_text("utf-8"))
