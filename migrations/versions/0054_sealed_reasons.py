"""Encrypted reasons of the moves of cases, which may name a person; photos of claims are deleted after three years."""

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import context, op
from sqlalchemy import text

from payments.migrate import run_script

if TYPE_CHECKING:
    from market.kernel.seal import Seal

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

REASON_CONTEXT = "case_events.reason"
LIST_REASONS = "SELECT id, reason FROM case_events WHERE reason <> ''"
SEAL_REASON = "UPDATE case_events SET reason_sealed = :sealed WHERE id = :id"


def upgrade() -> None:
    run_script("ALTER TABLE case_events ADD COLUMN reason_sealed bytea;")
    if not context.is_offline_mode():
        _encrypt()
    folder = Path(__file__).parents[1]
    run_script((folder / "sql/0054_sealed_reasons.sql").read_text("utf-8"))
    run_script((folder / "functions/delete_claim_photos.sql").read_text("utf-8"))


def _encrypt() -> None:
    """Seal the reasons with the `seal` of Alembic's `config.attributes`.

    Raises:
        RuntimeError: there are reasons, and no seal to encrypt them.
    """
    conn = op.get_bind()
    rows = conn.execute(text(LIST_REASONS)).all()
    seal: Seal | None = context.config.attributes.get("seal")
    if rows and seal is None:
        raise RuntimeError("Revision 0054 encrypts the reasons of cases: run `market migrate` with MARKET_SECRET.")
    for event_id, reason in rows:
        assert seal is not None, "checked above"
        conn.execute(text(SEAL_REASON), {"id": event_id, "sealed": seal.seal(reason, REASON_CONTEXT)})
