"""Coupons are found by seller."""

from pathlib import Path

from payments.migrate import run_script

revision = "0272"
down_revision = "0271"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0272_coupons_by_seller.sql").read_text("utf-8"))
