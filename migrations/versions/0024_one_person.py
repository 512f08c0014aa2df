"""One step of an admission per person, whatever accounts they use; a name stands in for a missing identity number."""

from pathlib import Path

from payments.migrate import run_script

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for script in ("sql/0024_one_person.sql", "functions/fold_official_name.sql", "functions/is_same_person.sql"):
        run_script((Path(__file__).parents[1] / script).read_text("utf-8"))
