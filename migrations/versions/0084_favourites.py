"""Favourites of buyers."""

from pathlib import Path

from payments.migrate import run_script

revision = "0084"
down_revision = "0083"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0084_favourites.sql").read_text("utf-8"))
