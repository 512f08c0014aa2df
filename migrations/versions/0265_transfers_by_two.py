"""Every bank transfer of an order, in or back, was found by two people."""

from pathlib import Path

from payments.migrate import run_script

revision = "0265"
down_revision = "0259"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0265_transfers_by_two.sql",
        "functions/is_found_by_two.sql",
        "functions/check_bank_payment.sql",
        "functions/check_bank_refund.sql",
        "sql/0265_transfers_by_two_triggers.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
