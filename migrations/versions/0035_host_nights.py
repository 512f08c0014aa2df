"""Guests whom a host enters itself, beside the nights it closes."""

from pathlib import Path

from payments.migrate import run_script

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0035_host_nights.sql").read_text("utf-8"))
