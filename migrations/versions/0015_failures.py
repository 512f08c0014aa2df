"""Failures of single items of background work."""

from pathlib import Path

from payments.migrate import run_script

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0015_failures.sql").read_text("utf-8"))
