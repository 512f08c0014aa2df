"""The explanations of a run's lines, stored once for all lines that share them."""

from pathlib import Path

from payments.migrate import run_script

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0048_run_explanations.sql").read_text("utf-8"))
