"""Grievances without a name are counted by day and network, without saying of whom."""

from pathlib import Path

from payments.migrate import run_script

revision = "0235"
down_revision = "0234"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0235_nameless_grievances.sql").read_text("utf-8"))
