"""The time that unpaid orders held goods is limited, and the share of a slot that they hold."""

from pathlib import Path

from payments.migrate import run_script

revision = "0074"
down_revision = "0073"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/find_exceeded_limits.sql").read_text("utf-8"))
