"""Numbers of invoices are corrected as new versions, and a lost dispute asks for a red-letter invoice."""

from pathlib import Path

from payments.migrate import run_script

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/keep_invoice_version.sql", "sql/0103_corrected_invoices.sql"):
        run_script((folder / script).read_text("utf-8"))
