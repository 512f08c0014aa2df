"""An account that becomes an official's keeps its name, and that it became one is recorded."""

from pathlib import Path

from payments.migrate import run_script

revision = "0207"
down_revision = "0206"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "functions/save_official.sql").read_text("utf-8"))
