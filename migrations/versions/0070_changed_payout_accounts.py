"""Changes of payout accounts, and payouts above the limit of a day, with a second person."""

from pathlib import Path

from payments.migrate import run_script

revision = "0070"
down_revision = "0069"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0070_changed_payout_accounts.sql").read_text("utf-8"))
    run_script((folder / "functions/erase_payout_accounts.sql").read_text("utf-8"))
