"""More photos of a listing."""

from pathlib import Path

from payments.migrate import run_script

revision = "0205"
down_revision = "0204"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0205_listing_photos.sql").read_text("utf-8"))
