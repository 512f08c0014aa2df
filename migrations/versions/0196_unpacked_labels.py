"""Labels that were scanned by mistake are taken off a parcel until it is sent."""

from pathlib import Path

from payments.migrate import run_script

revision = "0196"
down_revision = "0195"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/unpack_label.sql").read_text("utf-8"))
    run_script((folder / "sql/0196_unpacked_labels.sql").read_text("utf-8"))
