"""The address for returns is erased with its household's account; unpaid invoices are found by an index."""

from pathlib import Path

from payments.migrate import run_script

revision = "0279"
down_revision = "0278"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/erase_return_addresses.sql",
        "sql/0279_paid_invoices.sql",
        "functions/mark_order_invoices.sql",
        "functions/erase_invoice_details.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
