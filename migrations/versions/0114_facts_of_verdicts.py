"""A verdict rests on the facts that the calculation saw whose evidence was shown."""

from pathlib import Path

from payments.migrate import run_script

revision = "0114"
down_revision = "0113"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0114_facts_of_verdicts.sql").read_text("utf-8"))
