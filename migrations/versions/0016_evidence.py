"""Evidence: superseded versions of imported facts, and the sealed originals of imported files."""

from pathlib import Path

from payments.migrate import run_script

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SCRIPTS = ("sql/0016_evidence.sql", "sql/0016_keep_fact_version.sql", "sql/0016_evidence_triggers.sql")


def upgrade() -> None:
    for script in SCRIPTS:
        run_script((Path(__file__).parents[1] / script).read_text("utf-8"))
