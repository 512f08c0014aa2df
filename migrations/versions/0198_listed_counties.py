"""The lists of counties come by file."""

from pathlib import Path

from payments.migrate import run_script

revision = "0198"
down_revision = "0197"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0198_listed_counties.sql").read_text("utf-8"))
