"""The code of a household is in capitals."""

from pathlib import Path

from payments.migrate import run_script

revision = "0100"
down_revision = "0099"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0100_household_codes.sql").read_text("utf-8"))
