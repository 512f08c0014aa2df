"""What ties a buyer to a seller."""

from pathlib import Path

from payments.migrate import run_script

revision = "0098"
down_revision = "0097"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/find_seller_tie.sql").read_text("utf-8"))
    run_script((folder / "functions/is_receipt_proven.sql").read_text("utf-8"))
