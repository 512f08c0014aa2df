"""${message}."""

from pathlib import Path

from payments.migrate import run_script

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql" / "${up_revision}.sql").read_text("utf-8"))
