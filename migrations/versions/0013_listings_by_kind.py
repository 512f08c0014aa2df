"""The stays, activities or products with the highest score, without walking all listings."""

from pathlib import Path

from payments.migrate import run_script

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0013_listings_by_kind.sql").read_text("utf-8"))
