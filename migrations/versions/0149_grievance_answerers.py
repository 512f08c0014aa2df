"""Who triaged a grievance does not answer it, nor does the official complained of."""

from pathlib import Path

from payments.migrate import run_script

revision = "0149"
down_revision = "0148"
branch_labels = None
depends_on = None


def upgrade() -> None:
    folder = Path(__file__).parents[1]
    run_script(
        "ALTER TABLE grievances ADD COLUMN officer_id uuid CONSTRAINT grievances_officer REFERENCES accounts,"
        " ADD CONSTRAINT grievances_officer_triaged CHECK (officer_id IS NULL OR triaged_at IS NOT NULL);"
        " CREATE INDEX grievances_by_officer ON grievances (officer_id) WHERE officer_id IS NOT NULL;"
        " GRANT UPDATE (officer_id) ON grievances TO market_app"
    )
    run_script((folder / "functions/check_grievance_answerer.sql").read_text("utf-8"))
    run_script(
        "CREATE TRIGGER cases_grievance_answerer BEFORE UPDATE ON cases FOR EACH ROW"
        " WHEN (new.category = 'grievance' AND new.answered_by IS NOT NULL"
        " AND new.answered_by IS DISTINCT FROM old.answered_by)"
        " EXECUTE FUNCTION check_grievance_answerer()"
    )
