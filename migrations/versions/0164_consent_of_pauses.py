"""No pause of a line ends while the consent to it is withdrawn; a decided lead takes a new one, on paper."""

from pathlib import Path

from payments.migrate import run_script

revision = "0164"
down_revision = "0163"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/is_consent_missing.sql",
        "functions/check_enrolment_pause.sql",
        "functions/check_lead_consent.sql",
        "functions/withdraw_consent.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
