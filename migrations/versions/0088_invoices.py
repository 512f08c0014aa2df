"""Invoices of suborders: asked for by buyers, recorded by sellers, reduced by red-letter ones."""

from pathlib import Path

from payments.migrate import run_script

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/check_invoice_sums.sql",
        "functions/mark_invoice_changed.sql",
        "sql/0088_invoices.sql",
        "functions/list_changed_invoices.sql",
        "functions/erase_invoice_details.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
