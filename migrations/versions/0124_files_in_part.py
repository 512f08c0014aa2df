"""Bills are taken in part, and revised by files that replace others."""

from pathlib import Path

from payments.migrate import run_script

revision = "0124"
down_revision = "0123"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/refuse_claim_deletion.sql",
        "functions/check_replaced_bill.sql",
        "sql/0124_files_in_part.sql",
        "functions/list_fact_subjects.sql",
        "functions/find_current_fact.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
