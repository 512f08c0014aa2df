"""A transfer of a public unit pays once a second person confirmed it."""

from pathlib import Path

from payments.migrate import run_script

revision = "0230"
down_revision = "0228"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0230_confirmed_receipts.sql",
        "functions/match_bank_receipt.sql",
        "functions/confirm_bank_receipt.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
