"""More photos of a listing."""

from pathlib import Path

from payments.migrate import run_script

revision = "0092"
down_revision = "0091"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0092_listing_photos.sql").read_text("utf-8"))
