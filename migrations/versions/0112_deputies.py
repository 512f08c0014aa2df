"""An official's deputy for a time holds the same roles until a day."""

from pathlib import Path

from payments.migrate import run_script

revision = "0112"
down_revision = "0111"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "sql/0112_deputies.sql",
        "functions/make_official.sql",
        "functions/replace_roles.sql",
        "functions/set_deputy.sql",
        "functions/get_name_in_duty.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
