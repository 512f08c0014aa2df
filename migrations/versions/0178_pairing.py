"""Companies and villages paired for a term, their pledges, and the yearly statements of what was done."""

from pathlib import Path

from payments.migrate import run_script

revision = "0178"
down_revision = "0177"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    # Functions of triggers read the tables when they are called; those of policies are checked when they are made.
    run_script((folder / "functions/check_pairing.sql").read_text("utf-8"))
    run_script((folder / "functions/check_pledge.sql").read_text("utf-8"))
    run_script((folder / "functions/check_pairing_statement.sql").read_text("utf-8"))
    run_script((folder / "sql/0178_pairing.sql").read_text("utf-8"))
    run_script((folder / "functions/sees_pairing.sql").read_text("utf-8"))
    run_script((folder / "functions/list_pairing_items.sql").read_text("utf-8"))
    run_script((folder / "sql/0178_pairing_policies.sql").read_text("utf-8"))
