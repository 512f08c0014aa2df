"""What was queued for the telephone of an account that closes is deleted with what its requests wrote."""

from pathlib import Path

from payments.migrate import run_script

revision = "0277"
down_revision = "0276"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0277_erased_telephone.sql").read_text("utf-8"))
    run_script((folder / "functions/erase_account.sql").read_text("utf-8"))
