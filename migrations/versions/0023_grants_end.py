"""Roles of officials that end on the day on which they began."""

from pathlib import Path

from payments.migrate import run_script

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0023_grants_end.sql").read_text("utf-8"))
