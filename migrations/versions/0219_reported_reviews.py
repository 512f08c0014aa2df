"""A review is hidden also by the decision of a report of it."""

from pathlib import Path

from payments.migrate import run_script

revision = "0219"
down_revision = "0214"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/check_hidden_review.sql").read_text("utf-8"))
