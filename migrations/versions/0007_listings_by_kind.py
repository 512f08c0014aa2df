"""The stays, activities or products with the highest score, without walking all listings."""

from pathlib import Path

from payments.migrate import run_script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0007_listings_by_kind.sql").read_text("utf-8"))
