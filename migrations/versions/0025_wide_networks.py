"""Count one-time codes by the /48 of IPv6."""

from pathlib import Path

from payments.migrate import run_script

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0025_wide_networks.sql").read_text("utf-8"))
