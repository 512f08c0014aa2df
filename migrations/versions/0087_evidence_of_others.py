"""A finding rests on the facts of every line for which its person is enrolled."""

from pathlib import Path

from payments.migrate import run_script

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0087_evidence_of_others.sql",
        "functions/list_fact_subjects.sql",
        "functions/list_replaced_facts.sql",
        "functions/list_bills.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
