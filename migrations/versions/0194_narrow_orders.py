"""Orders, their parts and messages write fewer entries of indexes."""

from pathlib import Path

from payments.migrate import run_script

revision = "0194"
down_revision = "0193"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0194_narrow_orders.sql").read_text("utf-8"))
    run_script((folder / "functions/find_exceeded_limits.sql").read_text("utf-8"))
