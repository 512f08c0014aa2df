"""What everybody may read of the operators' plans."""

from pathlib import Path

from payments.migrate import run_script

revision = "0167"
down_revision = "0166"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0167_public_plans.sql").read_text("utf-8"))
