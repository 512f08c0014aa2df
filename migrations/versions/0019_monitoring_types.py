"""Which monitoring types the terms of a programme entitle."""

from pathlib import Path

from payments.migrate import run_script

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0019_monitoring_types.sql").read_text("utf-8"))
