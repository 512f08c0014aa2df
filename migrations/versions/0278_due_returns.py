"""Whether a return of goods is due is told in one place."""

from pathlib import Path

from payments.migrate import run_script

revision = "0278"
down_revision = "0277"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0278_due_returns.sql").read_text("utf-8"))
    run_script((folder / "functions/list_due_goods_returns.sql").read_text("utf-8"))
