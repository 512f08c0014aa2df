"""Payouts keep back what buyers ask for, and nobody consents to a refund of their own purchase."""

from pathlib import Path

from payments.migrate import run_script

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = "p0011"


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0046_second_opinions.sql").read_text("utf-8"))
    run_script((folder / "functions/sum_asked_back.sql").read_text("utf-8"))
