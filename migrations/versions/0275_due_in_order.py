"""Jobs that run until nothing is due find what is due by an index, in pieces."""

from pathlib import Path

from payments.migrate import run_script

revision = "0275"
down_revision = "0274"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0275_due_in_order.sql").read_text("utf-8"))
    run_script((folder / "functions/list_due_erasures.sql").read_text("utf-8"))
