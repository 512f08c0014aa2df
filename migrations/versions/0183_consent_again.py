"""Who withdrew the consent to a decided application may consent again on the page."""

from pathlib import Path

from payments.migrate import run_script

revision = "0183"
down_revision = "0182"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/check_lead_consent.sql").read_text("utf-8"))
