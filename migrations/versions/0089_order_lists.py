"""The index of a seller's sales."""

from pathlib import Path

from payments.migrate import run_script

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0089_order_lists.sql").read_text("utf-8"))
