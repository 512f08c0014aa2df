"""The explanations of a run's lines are required once for all lines of a statement, in place of a foreign key."""

from pathlib import Path

from payments.migrate import run_script

revision = "0176"
down_revision = "0175"
branch_labels = None
depends_on = None

_FOLDER = Path(__file__).parents[1]


def upgrade() -> None:
    for script in ("functions/require_line_explanations.sql", "functions/refuse_used_lines_deletion.sql"):
        run_script((_FOLDER / script).read_text("utf-8"))
    run_script(
        """
        ALTER TABLE run_lines DROP CONSTRAINT run_lines_explanation;
        CREATE TRIGGER run_lines_explanation AFTER INSERT ON run_lines REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION require_line_explanations();
        """
    )
