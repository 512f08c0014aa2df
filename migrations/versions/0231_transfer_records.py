"""The bank transfer of an order counts once two people recorded it."""

from pathlib import Path

from payments.migrate import run_script

revision = "0231"
down_revision = "0230"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0231_transfer_records.sql").read_text("utf-8"))
