"""Anybody complains about the reduction, without a name too."""

from pathlib import Path

from payments.migrate import run_script

revision = "0144"
down_revision = "0143"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0144_grievances.sql").read_text("utf-8"))
    run_script((folder / "functions/find_grievance.sql").read_text("utf-8"))
