"""Who corrects a verified name on the desk does not agree to the payout account that is entered under it."""

from pathlib import Path

from payments.migrate import run_script

revision = "0131"
down_revision = "0130"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0131_name_correctors.sql").read_text("utf-8"))
    run_script((folder / "functions/check_payout_account.sql").read_text("utf-8"))
