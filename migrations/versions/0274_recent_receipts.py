"""What is kept back of a payout is found among what was received lately."""

from pathlib import Path

from payments.migrate import run_script

revision = "0274"
down_revision = "0273"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("sql/0274_recent_receipts.sql", "functions/sum_kept_back.sql"):
        run_script((folder / script).read_text("utf-8"))
