"""Red-letter invoices of what public units return."""

from pathlib import Path

from payments.migrate import run_script

revision = "0191"
down_revision = "0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0191_red_letters.sql").read_text("utf-8"))
    run_script((folder / "functions/restore_quota.sql").read_text("utf-8"))
    run_script((folder / "functions/reduce_invoice.sql").read_text("utf-8"))
    run_script((folder / "sql/0191_red_letter_triggers.sql").read_text("utf-8"))
