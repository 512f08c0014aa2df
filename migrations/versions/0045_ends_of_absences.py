"""Contacts: an absence ends on a day that the service can read."""

from pathlib import Path

from payments.migrate import run_script

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0045_ends_of_absences.sql").read_text("utf-8"))
