"""Mediations after refused claims and returns, for which the seller's money is kept back."""

from pathlib import Path

from payments.migrate import run_script

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("sql/0076_mediations.sql", "functions/sum_kept_back.sql"):
        run_script((folder / script).read_text("utf-8"))
