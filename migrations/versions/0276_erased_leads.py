"""People whom a lead names and who never came into the register are erased."""

from pathlib import Path

from payments.migrate import run_script

revision = "0276"
down_revision = "0275"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("sql/0276_erased_leads.sql", "functions/list_due_leads.sql", "functions/erase_lead.sql"):
        run_script((folder / script).read_text("utf-8"))
