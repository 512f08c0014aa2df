"""Cancellation tiers have versions, and a child pays at most what an adult pays."""

from pathlib import Path

from payments.migrate import run_script

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("functions/check_child_price.sql", "sql/0102_cancel_terms.sql", "functions/get_cancel_tiers.sql"):
        run_script((folder / script).read_text("utf-8"))
