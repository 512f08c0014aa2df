"""Orders, their parts and messages write fewer entries of indexes."""

from pathlib import Path

from payments.migrate import run_script

revision = "0192"
down_revision = "0191"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0192_narrow_orders.sql").read_text("utf-8"))
    run_script((folder / "functions/find_exceeded_limits.sql").read_text("utf-8"))
