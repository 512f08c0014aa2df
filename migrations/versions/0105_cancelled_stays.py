"""Hosts cancel paid stays, which counts in their score."""

from pathlib import Path

from payments.migrate import run_script

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/check_stay_cancellation.sql", "sql/0105_cancelled_stays.sql"):
        run_script((folder / script).read_text("utf-8"))
