"""Sessions and used second factors are deleted by age."""

from pathlib import Path

from payments.migrate import run_script

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0029_retention.sql").read_text("utf-8"))
