"""A clawback takes back what settled months paid; an adjustment that is not settled yet changes nothing of it."""

from pathlib import Path

from payments.migrate import run_script

revision = "0227"
down_revision = "0226"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/check_clawback_item.sql").read_text("utf-8"))
