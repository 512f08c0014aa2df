"""Several transfers pay a purchase together; one that pays nothing is sent back, or was recorded by mistake."""

from pathlib import Path

from payments.migrate import run_script

revision = "0214"
down_revision = "0210"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0214_bank_receipts.sql",
        "functions/check_transfer_sum.sql",
        "functions/match_bank_receipt.sql",
        "functions/close_bank_receipt.sql",
        "functions/get_waiting_invoice.sql",
        "sql/0214_bank_receipts_triggers.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
