"""Codes of villages by period, the files that counties import, and holidays that change."""

from pathlib import Path

from payments.migrate import run_script

revision = "0147"
down_revision = "0146"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0147_village_periods.sql").read_text("utf-8"))
    run_script((folder / "functions/add_village.sql").read_text("utf-8"))
    run_script((folder / "functions/list_working_day_cases.sql").read_text("utf-8"))
