"""Encrypt certificate numbers and the answers of idempotent requests."""

from pathlib import Path

from payments.migrate import run_script

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0010_sealed_numbers.sql").read_text("utf-8"))
