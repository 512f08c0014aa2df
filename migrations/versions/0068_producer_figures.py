"""The figures of the public score of producers."""

from pathlib import Path

from payments.migrate import run_script

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0068_producer_figures.sql").read_text("utf-8"))
