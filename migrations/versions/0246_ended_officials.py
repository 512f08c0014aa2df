"""Who stops being an official at the moment in which a deputy is given has none, and is none."""

from pathlib import Path

from payments.migrate import run_script

revision = "0246"
down_revision = "0235"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for name in ("replace_roles", "set_deputy"):
        run_script((folder / f"functions/{name}.sql").read_text("utf-8"))
