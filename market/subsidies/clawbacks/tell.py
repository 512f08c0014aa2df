"""Messages about clawbacks: to the accounts of an operator, and to the person of a household."""

from datetime import datetime

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal, UnsealError
from market.kernel.text import normalize_phone
from market.people.identity.operators import list_operator_contacts
from market.people.identity.sign_in import PHONE_CONTEXT
from market.people.notify.queue import queue_message
from market.subsidies.clawbacks.lock import LockedClawback
from market.subsidies.clawbacks.models import APPEAL_DAYS
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from payments.money import format_yuan

_MAX_PHONES = 3

GET_COUNTY_NAME = Query(str, "SELECT name FROM divisions WHERE code = rpad(:county, 12, '0')")
# The person's own account first, then the mobile numbers bound to them, the latest first.
LIST_ACCOUNT_PHONES = Query(
    bytes,
    """
    SELECT a.phone_sealed FROM persons p JOIN accounts a USING (identity_index)
     WHERE p.id = :person_id AND a.phone_sealed IS NOT NULL AND a.closed_at IS NULL AND a.handle IS NULL
     LIMIT :most
    """,
)
LIST_BOUND_PHONES = Query(
    bytes,
    """
    SELECT i.value_sealed
      FROM persons p
      JOIN bindings b USING (county_code, identity_index)
      JOIN identifiers i ON i.id = b.number_id
     WHERE p.id = :person_id AND b.kind = 'mobile' AND b.valid_during @> :day::date
     ORDER BY lower(b.valid_during) DESC
     LIMIT :most
    """,
)


async def tell_operator(conn: Connection, seal: Seal, clawback: LockedClawback, *, now: datetime) -> None:
    """Tell everybody who sends the operator's files of the county that it owes something back."""
    assert clawback.operator is not None, "the clawback is an operator's"
    facts = {
        "county": await GET_COUNTY_NAME.maybe(conn, county=clawback.county_code) or clawback.county_code,
        "number": str(clawback.number),
        "amount": format_yuan(clawback.amount_fen),
    }
    day = get_business_day(now)
    for contact in await list_operator_contacts(conn, clawback.operator, clawback.county_code, day=day):
        phone = seal.open(contact.phone_sealed, PHONE_CONTEXT)
        await queue_message(conn, seal, phone=phone, template="clawback_operator", facts=facts, now=now)


async def tell_household(
    conn: Connection, seal: Seal, clawback: LockedClawback, template: str, *, now: datetime
) -> None:
    """Tell the person of a decision that it was made, how it can be appealed, or how it ended.

    Without a known phone nobody is told by message: the decision itself is delivered, and its term begins with that.
    """
    facts = {"number": str(clawback.number), "days": str(APPEAL_DAYS)}
    person: dict[str, object] = {"person_id": clawback.person_id, "most": _MAX_PHONES}
    phones = {seal.open(each, PHONE_CONTEXT): None for each in await LIST_ACCOUNT_PHONES.all(conn, **person)}
    for sealed in await LIST_BOUND_PHONES.all(conn, **person, day=get_business_day(now)):
        if phone := _open_phone(seal, sealed):
            phones[phone] = None
    for phone in phones:
        await queue_message(conn, seal, phone=phone, template=template, facts=facts, now=now)


def _open_phone(seal: Seal, sealed: bytes) -> str | None:
    """Return a bound number as a phone; None if it is none, or was erased."""
    try:
        return normalize_phone(seal.open(sealed, IDENTIFIER_CONTEXT))
    except UnsealError:
        return None
