"""The address for returns of goods is erased with the account of its household."""

from pathlib import Path

from payments.migrate import run_script

revision = "0279"
down_revision = "0278"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "functions/erase_return_addresses.sql").read_text("utf-8"))
