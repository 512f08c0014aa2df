"""What was decided is asked again when its facts change: facts that are added count, and closed months too."""

from pathlib import Path

from payments.migrate import run_script

revision = "0099"
down_revision = "0098"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0099_asked_again.sql",
        "functions/list_fact_subjects.sql",
        "functions/list_replaced_facts.sql",
        "sql/0099_list_added_facts.sql",
        "functions/list_added_claims.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
