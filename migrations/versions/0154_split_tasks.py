"""A bill of several counties is split by a task of its own."""

from payments.migrate import run_script

revision = "0154"
down_revision = "0153"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script(
        "ALTER TABLE tasks DROP CONSTRAINT tasks_input,"
        " ADD CONSTRAINT tasks_input CHECK (input ->> 'kind' IN ('import', 'split', 'run', 'decide'))"
    )
