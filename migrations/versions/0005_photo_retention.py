"""Photos are counted by account, and deleted when nothing shows them."""

from pathlib import Path

from payments.migrate import run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0005_photo_retention.sql").read_text("utf-8"))
