"""Money at the provider that belongs to no payment, or differs from its payment: kept until a person returns it."""

from datetime import datetime

from payments.ledger.journal import list_legs, post
from payments.models import resolve_time
from payments.port import Charge
from payments.sql import Connection, Query

# All legs of a transaction are in one currency.
GET_CURRENCY = Query(
    str,
    """
    SELECT DISTINCT currency
      FROM {schema}.transaction_keys
      JOIN {schema}.postings USING (transaction_id)
      JOIN {schema}.accounts ON accounts.id = account_id
     WHERE key = :key
    """,
)


async def book_suspense(conn: Connection, charge: Charge, *, order: str | None = None, at: datetime) -> None:
    """Book the captured money of a charge that no payment accounts for. Repeating changes nothing."""
    if charge.captured_minor:
        legs = [
            (f"clearing:{charge.method}", -charge.captured_minor),
            (f"suspense:{charge.ref}", charge.captured_minor),
        ]
        key, currency = f"suspense:{charge.ref}", charge.amount.currency
        await post(conn, key=key, kind="unattributed", order=order, legs=legs, currency=currency, at=at)


async def return_suspense(conn: Connection, charge_ref: str, *, at: datetime | None = None) -> bool:
    """Take the money of a charge out of suspense; return whether it was ever there. Repeating changes nothing.

    It went back to its payer at the provider, or the provider has reported the charge rightly since and it is booked.
    """
    booked = f"suspense:{charge_ref}"
    legs = [(code, -minor) for code, minor in await list_legs(conn, booked)]
    if legs:
        key, currency = f"suspense-returned:{charge_ref}", await GET_CURRENCY.one(conn, key=booked)
        await post(conn, key=key, kind="unattributed returned", legs=legs, currency=currency, at=resolve_time(at))
    return bool(legs)
