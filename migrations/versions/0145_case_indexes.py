"""Objections are found by village, grievances by county."""

from payments.migrate import run_script

revision = "0145"
down_revision = "0144"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(
        "CREATE INDEX cases_by_division ON cases (division_code);"
        " CREATE INDEX grievances_by_county ON grievances (county_code);"
        " CREATE INDEX grievances_untriaged ON grievances (county_code)"
        " WHERE anonymous AND source = 'web' AND triaged_at IS NULL"
    )
