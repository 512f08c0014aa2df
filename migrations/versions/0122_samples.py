"""Spot checks of a month, drawn by its result and a secret that was deposited before it was opened."""

from pathlib import Path

from payments.migrate import run_script

revision = "0122"
down_revision = "0121"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/refuse_late_deposit.sql", "sql/0122_samples.sql"):
        run_script((folder / script).read_text("utf-8"))
