"""One-time codes: attempts per network, and codes of known devices."""

from pathlib import Path

from payments.migrate import run_script

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0011_code_attempts.sql").read_text("utf-8"))
