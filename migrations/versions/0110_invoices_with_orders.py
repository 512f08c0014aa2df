"""Invoices are asked for with the order, and due once it is paid."""

from pathlib import Path

from payments.migrate import run_script

revision = "0110"
down_revision = "0109"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0110_erase_invoice_details.sql",
        "functions/erase_invoice_details.sql",
        "functions/mark_order_invoices.sql",
        "sql/0110_invoices_with_orders.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
