"""Where producers are paid."""

from pathlib import Path

from payments.migrate import run_script

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = "p0010"


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0042_payout_accounts.sql").read_text("utf-8"))
