"""The version of a listing's description, and packs that another one has replaced."""

from pathlib import Path

from payments.migrate import run_script

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0031_corrected_listings.sql").read_text("utf-8"))
