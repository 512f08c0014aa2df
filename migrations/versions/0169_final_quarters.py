"""Quarters that were provisional are computed again: the one in which a county began is final by now."""

from payments.migrate import run_script

revision = "0169"
down_revision = "0168"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("UPDATE quarter_sums SET computed_at = '1970-01-01' WHERE closed_months < 3")
