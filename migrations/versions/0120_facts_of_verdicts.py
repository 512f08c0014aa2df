"""A verdict rests on the facts that the calculation saw whose evidence was shown."""

from pathlib import Path

from payments.migrate import run_script

revision = "0120"
down_revision = "0170"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0120_facts_of_verdicts.sql").read_text("utf-8"))
