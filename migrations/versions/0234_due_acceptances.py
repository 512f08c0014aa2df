"""What was delivered to a public unit is accepted by a day, and the unit is chased."""

from pathlib import Path

from payments.migrate import run_script

revision = "0234"
down_revision = "0231"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0234_due_acceptances.sql").read_text("utf-8"))
    run_script((folder / "functions/list_unchased_acceptances.sql").read_text("utf-8"))
