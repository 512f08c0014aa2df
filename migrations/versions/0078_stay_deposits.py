"""Deposits of stays."""

from pathlib import Path

from payments.migrate import run_script

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0078_stay_deposits.sql").read_text("utf-8"))
