"""Register, programmes, lines, billing, cycles, findings."""

from pathlib import Path

from payments.migrate import run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql" / "0003_subsidies.sql").read_text("utf-8"))
