"""Who looks at a grievance again: the prefecture, or the province."""

from pathlib import Path

from payments.migrate import run_script

revision = "0189"
down_revision = "0188"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0189_grievance_supervisors.sql").read_text("utf-8"))
