"""What every repair of money has: who may do it, the words that explain it, and its audit entry."""

from datetime import datetime

from market.kernel import Connection, Query, Refusal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_money_role
from market.people.identity.models import Actor
from market.sales.orders.escrow import parse_order_ref

MAX_TEXT_LENGTH = 200

LIST_COUNTIES_OF_ORDER = Query(
    str,
    """
    SELECT DISTINCT county_code
      FROM orders
      JOIN suborders ON order_id = orders.id
      JOIN producers ON producers.id = producer_id
     WHERE orders.number = :number
    """,
)


class RepairTextMissing(Refusal):
    """A repair needs the bank's number or a reason."""

    code = "repair_text_missing"
    status = 422
    zh = "请写明银行流水号或者理由，1 到 {limit} 个字。"
    en = "Give the bank's number or a reason, 1 to {limit} characters."


async def require_order_money_role(conn: Connection, actor: Actor | None, order_ref: str) -> None:
    """Require that the actor may repair the money of an order.

    Raises:
        NotAllowed, SecondFactorRequired: the actor may not.
    """
    counties = await LIST_COUNTIES_OF_ORDER.all(conn, number=parse_order_ref(order_ref))
    require_money_role(actor, counties)


async def audit_repair(
    conn: Connection, actor: Actor | None, action: str, target: str, *, detail: dict[str, object], now: datetime
) -> None:
    """Add the audit entry of a repair; `None` is the operator of the system at the command line."""
    name = "operator" if actor is None else str(actor.account_id)
    await add_audit_entry(conn, actor=name, action=action, object=target, detail=detail, now=now)


def clean_repair_text(text: str) -> str:
    """Return the bank's number, or the reason, of a repair.

    Raises:
        RepairTextMissing: it is empty or too long.
    """
    cleaned = text.strip()
    if not 0 < len(cleaned) <= MAX_TEXT_LENGTH:
        raise RepairTextMissing(limit=MAX_TEXT_LENGTH)
    return cleaned
