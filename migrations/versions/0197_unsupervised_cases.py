"""Cases of counties that nobody supervises go to the platform."""

from pathlib import Path

from payments.migrate import run_script

revision = "0197"
down_revision = "0196"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/check_case_path.sql").read_text("utf-8"))
    run_script((folder / "sql/0197_unsupervised_cases.sql").read_text("utf-8"))
