"""An operator's agreement has a rate for each programme."""

from pathlib import Path

from payments.migrate import run_script

revision = "0151"
down_revision = "0150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/check_agreement_rates.sql").read_text("utf-8"))
    run_script((folder / "sql/0151_agreement_rates.sql").read_text("utf-8"))
