"""The listings of a word are looked up with the filters of the search: what no listing has is walked for no longer."""

from pathlib import Path

from alembic import op

from payments.migrate import run_script

revision = "0139"
down_revision = "0138"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With the defaults of the new one the running release finds it by its two arguments.
    op.execute(
        """
        -- squawk-ignore ban-drop-function
        DROP FUNCTION IF EXISTS list_matches(tsquery, integer)
        """
    )
    run_script((Path(__file__).parents[1] / "sql/0136_list_matches.sql").read_text("utf-8"))
