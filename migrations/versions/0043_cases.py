"""Cases: a request of a person that somebody answers by a deadline; and on them the claims for bad fruit."""

from pathlib import Path

from payments.migrate import run_script

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/add_working_days.sql",
        "functions/get_visible_person.sql",
        "sql/0043_cases.sql",
        "functions/list_late_cases.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
