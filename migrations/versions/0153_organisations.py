"""Organisations, their members and licences; public units that buy are organisations too; operators are a table."""

from pathlib import Path

from payments.migrate import run_script

revision = "0153"
down_revision = "0152"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/is_credit_code.sql").read_text("utf-8"))
    run_script((folder / "sql/0153_organisations.sql").read_text("utf-8"))
