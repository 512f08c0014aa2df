"""Operators are paid to accounts that finance enters and another person agrees to."""

from pathlib import Path

from payments.migrate import run_script

revision = "0161"
down_revision = "0160"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/check_bank_account.sql").read_text("utf-8"))
    run_script((folder / "sql/0161_bank_accounts.sql").read_text("utf-8"))
