"""An objection to a notice is a case: it stops the lead until it is answered, and nobody's name is known."""

from pathlib import Path

from payments.migrate import run_script

revision = "0140"
down_revision = "0139"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/check_objection.sql",
        "sql/0140_objections.sql",
        "functions/find_objection.sql",
        "functions/sum_up_objections.sql",
        "functions/take_lead_step.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
