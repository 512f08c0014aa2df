"""Whether quarters are to be computed again is found in one pass."""

from pathlib import Path

from payments.migrate import run_script

revision = "0273"
down_revision = "0272"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/list_changed_quarters.sql").read_text("utf-8"))
