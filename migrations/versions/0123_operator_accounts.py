"""Accounts of operators, which send the files of one operator."""

from pathlib import Path

from payments.migrate import run_script

revision = "0123"
down_revision = "0122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/refuse_operator_in_office.sql",
        "sql/0123_operator_accounts.sql",
        "functions/make_operator.sql",
        "functions/end_operator.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
