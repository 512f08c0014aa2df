"""The statuses of a household are kept apart by its hash."""

from pathlib import Path

from payments.migrate import run_script

revision = "0202"
down_revision = "0201"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0202_households_by_hash.sql").read_text("utf-8"))
