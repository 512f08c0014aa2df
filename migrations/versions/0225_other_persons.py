"""Two closed accounts are not one person; a pickup point that buyer or seller keeps proves no receipt."""

from pathlib import Path

from payments.migrate import run_script

revision = "0225"
down_revision = "0224"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for name in ("is_same_person", "is_receipt_proven"):
        run_script((folder / f"functions/{name}.sql").read_text("utf-8"))
