"""Tasks that decide a month."""

from payments.migrate import run_script

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(
        """
        -- squawk-ignore ban-drop-constraint
        ALTER TABLE tasks DROP CONSTRAINT tasks_input;
        ALTER TABLE tasks ADD CONSTRAINT tasks_input CHECK (input ->> 'kind' IN ('import', 'run', 'decide'));
        """
    )
