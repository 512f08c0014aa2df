"""Count one-time codes by the /48 of IPv6."""

from pathlib import Path

from payments.migrate import run_script

revision = "0027"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0027_wide_networks.sql").read_text("utf-8"))
