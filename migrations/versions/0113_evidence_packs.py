"""Evidence packs of closed months."""

from pathlib import Path

from payments.migrate import run_script

revision = "0113"
down_revision = "0112"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("sql/0113_evidence_packs.sql", "functions/list_unsealed_months.sql"):
        run_script((folder / script).read_text("utf-8"))
