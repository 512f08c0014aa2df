"""Operators' agreements, and files of programmes and plans, are approved by another person than who brought them."""

from pathlib import Path

from payments.migrate import run_script

revision = "0137"
down_revision = "0136"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/check_agreement.sql").read_text("utf-8"))
    run_script((folder / "functions/check_terms_approval.sql").read_text("utf-8"))
    run_script((folder / "sql/0137_agreements.sql").read_text("utf-8"))
