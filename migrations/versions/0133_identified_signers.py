"""Agents and assessors of enrolments are known by identity number where the county's file has one."""

from pathlib import Path

from payments.migrate import run_script

revision = "0133"
down_revision = "0132"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0133_identified_signers.sql",
        "functions/keep_fact_version.sql",
        "functions/list_added_facts.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
