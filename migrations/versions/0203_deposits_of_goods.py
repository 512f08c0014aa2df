"""A deposit is at most the price of the goods."""

from pathlib import Path

from payments.migrate import run_script

revision = "0203"
down_revision = "0202"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/check_deposit.sql").read_text("utf-8"))
