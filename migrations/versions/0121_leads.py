"""Households are identified, leave, are split, merged and enrolled by steps of several people, with a public notice."""

from pathlib import Path

from payments.migrate import run_script

revision = "0121"
down_revision = "0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/check_household_merge.sql",
        "functions/refuse_merged_household.sql",
        "sql/0121_leads.sql",
        "functions/take_lead_step.sql",
        "sql/0121_lead_triggers.sql",
        "functions/keep_fact_version.sql",
        "functions/list_replaced_facts.sql",
        "functions/sum_up_notices.sql",
        "sql/0121_added_facts.sql",
        "functions/list_added_facts.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
