"""Letters that show nothing make no other name."""

from pathlib import Path

from payments.migrate import run_script

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0097_fold_name.sql").read_text("utf-8"))
    run_script((folder / "sql/0094_invisible_letters.sql").read_text("utf-8"))
