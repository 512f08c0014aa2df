"""Labels that were put on what an order line sends."""

from pathlib import Path

from payments.migrate import run_script

revision = "0192"
down_revision = "0191"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/check_packed_label.sql").read_text("utf-8"))
    run_script((folder / "sql/0192_packed_labels.sql").read_text("utf-8"))
