"""Accounts with the name of every new account are not one person."""

from pathlib import Path

from payments.migrate import run_script

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/is_same_person.sql").read_text("utf-8"))
