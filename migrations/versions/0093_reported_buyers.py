"""What sellers report of buyers."""

from pathlib import Path

from payments.migrate import run_script

revision = "0093"
down_revision = "0092"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0093_reported_buyers.sql").read_text("utf-8"))
