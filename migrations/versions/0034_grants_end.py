"""Roles of officials that end on the day on which they began."""

from pathlib import Path

from payments.migrate import run_script

revision = "0034"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0034_grants_end.sql").read_text("utf-8"))
