"""Nobody is enrolled without the household's consent, on the page or on photographed paper; it can be withdrawn."""

from pathlib import Path

from payments.migrate import run_script

revision = "0130"
down_revision = "0129"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/check_lead_consent.sql",
        "sql/0130_lead_consents.sql",
        "functions/withdraw_consent.sql",
        "functions/take_lead_step.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
