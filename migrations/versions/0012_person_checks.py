"""Checks of persons: names folded for comparison, and identities enrolled in another county."""

from pathlib import Path

from payments.migrate import run_script

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0012_person_checks.sql").read_text("utf-8"))
