"""Money of settled months that is to come back: from operators, and from households for fraud, with an appeal."""

from pathlib import Path

from payments.migrate import run_script

revision = "0172"
down_revision = "0171"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0172_clawbacks.sql",
        "functions/check_clawback.sql",
        "functions/check_clawback_item.sql",
        "functions/check_clawback_entry.sql",
        "functions/check_clawback_appeal.sql",
        "functions/check_clawback_sums.sql",
        "sql/0172_clawback_triggers.sql",
        "functions/sum_receivables.sql",
        "functions/list_due_clawbacks.sql",
        "functions/find_own_clawbacks.sql",
        "functions/list_erasure_obstacles.sql",
        "functions/erase_register_person.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
