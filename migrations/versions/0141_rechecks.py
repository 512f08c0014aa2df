"""An official records that a household was rechecked, beside the files and leads that did."""

from pathlib import Path

from payments.migrate import run_script

revision = "0141"
down_revision = "0140"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0141_rechecks.sql").read_text("utf-8"))
