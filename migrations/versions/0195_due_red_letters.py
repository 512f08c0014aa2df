"""Red-letter invoices of purchases have a deadline, and their sellers are told and chased."""

from pathlib import Path

from payments.migrate import run_script

revision = "0195"
down_revision = "0194"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0195_due_red_letters.sql").read_text("utf-8"))
    run_script((folder / "functions/reduce_invoice.sql").read_text("utf-8"))
    run_script((folder / "functions/list_untold_red_letters.sql").read_text("utf-8"))
    run_script((folder / "functions/list_unchased_red_letters.sql").read_text("utf-8"))
