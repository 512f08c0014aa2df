"""Mediations end by agreement or by the platform; what was refused is kept back while it can be mediated."""

from pathlib import Path

from payments.migrate import run_script

revision = "0101"
down_revision = "0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    for script in (
        "functions/end_mediation_lines.sql",
        "functions/check_mediation.sql",
        "sql/0101_agreed_mediations.sql",
        "functions/sum_kept_back.sql",
    ):
        run_script((folder / script).read_text("utf-8"))
