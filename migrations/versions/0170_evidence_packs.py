"""Evidence packs of closed months."""

from pathlib import Path

from payments.migrate import run_script

revision = "0170"
down_revision = "0190"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("sql/0170_evidence_packs.sql", "functions/list_unsealed_months.sql"):
        run_script((folder / script).read_text("utf-8"))
