"""Payouts keep back what buyers ask for, and nobody consents to a refund of their own purchase."""

from pathlib import Path

from payments.migrate import run_script

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = "p0011"


def upgrade() -> None:
    # The function `sum_kept_back` reads the returns of goods too, and follows their tables in revision 0050.
    run_script((Path(__file__).parents[1] / "sql/0046_second_opinions.sql").read_text("utf-8"))
