"""The budget lines of counties in the ledger: a decision commits, the settlement spends, an adjustment adjusts."""

from pathlib import Path

from payments.migrate import run_script

revision = "0120"
down_revision = "0119"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/sum_budget_lines.sql", "sql/0120_budget_lines.sql"):
        run_script((folder / script).read_text("utf-8"))
