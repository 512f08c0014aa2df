"""Imported files of listings."""

from pathlib import Path

from payments.migrate import run_script

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0080_listing_files.sql").read_text("utf-8"))
