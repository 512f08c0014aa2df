"""Lists by price and by sales from indexes, and whole words in the search."""

from pathlib import Path

from payments.migrate import run_script

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/copy_listing_price.sql").read_text("utf-8"))
    run_script((folder / "sql/0038_listing_orders.sql").read_text("utf-8"))
