"""The months that see a finding, and the one rule of which findings apply to a cycle and which lines they hold."""

from pathlib import Path

from payments.migrate import run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0002_finding_holds.sql").read_text("utf-8"))
