"""No step of a public unit's purchase is by a person of its seller."""

from pathlib import Path

from payments.migrate import run_script

revision = "0224"
down_revision = "0219"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/check_procurement_sums.sql").read_text("utf-8"))
