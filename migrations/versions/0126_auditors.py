"""Auditors: a role that reads, ends within 180 days, stands alone, and draws the spot checks."""

from pathlib import Path

from payments.migrate import run_script

revision = "0126"
down_revision = "0125"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0126_auditors.sql",
        "functions/make_official.sql",
        "functions/replace_roles.sql",
        "functions/set_auditor_end.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
