"""A stay that fills a gap is checked again when its rooms are locked."""

from pathlib import Path

from payments.migrate import run_script

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/place_orders.sql").read_text("utf-8"))
