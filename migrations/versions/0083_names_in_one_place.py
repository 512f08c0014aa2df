"""The names of people are compared in one place, with whatever title they are written."""

from pathlib import Path

from payments.migrate import run_script

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/simplify_characters.sql",
        "sql/0097_fold_name.sql",
        "functions/fold_official_name.sql",
        "functions/list_name_parts.sql",
        "functions/get_person_key.sql",
        "functions/set_person_key.sql",
        "functions/is_same_person.sql",
        "sql/0083_names_in_one_place.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
