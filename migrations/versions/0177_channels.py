"""Channels of counties and buying cities, rates of other currencies; orders are in CNY."""

from pathlib import Path

from payments.migrate import run_script

revision = "0177"
down_revision = "0176"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0177_channels.sql").read_text("utf-8"))
