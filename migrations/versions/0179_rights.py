"""Consents by purpose, requests about one's own data, and keys of persons that are destroyed with their account."""

from pathlib import Path

from payments.migrate import run_script

revision = "0179"
down_revision = "0178"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/check_consent.sql").read_text("utf-8"))
    run_script((folder / "sql/0179_rights.sql").read_text("utf-8"))
    run_script((folder / "functions/erase_account.sql").read_text("utf-8"))
