"""The explanations of a run's lines, stored once for all lines that share them."""

from pathlib import Path

from payments.migrate import run_script

revision = "0053"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0053_run_explanations.sql").read_text("utf-8"))
