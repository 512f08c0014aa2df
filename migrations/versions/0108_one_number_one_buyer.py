"""The number of a carrier proves the receipt of one buyer alone."""

from pathlib import Path

from payments.migrate import run_script

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/is_receipt_proven.sql").read_text("utf-8"))
