"""A closed account is erased once more, after the requests that were under way, and nobody orders for it."""

from pathlib import Path

from payments.migrate import run_script

revision = "0250"
down_revision = "0246"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0250_erase_again.sql").read_text("utf-8"))
    for name in ("erase_account", "place_orders"):
        run_script((folder / f"functions/{name}.sql").read_text("utf-8"))
