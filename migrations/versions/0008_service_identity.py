"""One identity of a service (operator, kind, number): of bindings, claims, uses and unbound claimed lines."""

from pathlib import Path

from payments.migrate import run_script

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script((Path(__file__).parents[1] / "sql/0008_service_identity.sql").read_text("utf-8"))
