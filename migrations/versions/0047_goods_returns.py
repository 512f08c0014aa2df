"""Returns of goods within seven days: cases on which a parcel comes back before the refund."""

from pathlib import Path

from payments.migrate import run_script

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0047_goods_returns.sql",
        "functions/write_orders.sql",
        "functions/list_due_goods_returns.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
