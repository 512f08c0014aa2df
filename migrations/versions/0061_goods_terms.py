"""Storage, shelf life and regions of goods; surcharges of freight for the cold chain and for remote regions."""

from pathlib import Path

from payments.migrate import run_script

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0061_goods_terms.sql").read_text("utf-8"))
