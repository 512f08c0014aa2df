"""County leaders and clerks have titles too: 县长, 局长, 科员."""

from pathlib import Path

from payments.migrate import run_script

revision = "0134"
down_revision = "0133"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in ("sql/0134_names_before.sql", "functions/fold_name.sql", "sql/0134_titles.sql"):
        run_script((folder / script).read_text("utf-8"))
