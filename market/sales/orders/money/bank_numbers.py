"""A bank's number is of one transfer, for an order of the shop or a purchase of a public unit."""

from market.kernel import Connection, Query
from payments import TransferRecordedBefore, require_new_transfer

LOCK_BANK_NUMBER = Query(None, "SELECT pg_advisory_xact_lock(7010, hashtext(:reference))")
FIND_RECEIPT = Query(
    str,
    "SELECT payer_code FROM bank_receipts WHERE reference = :reference AND closed_as IS DISTINCT FROM 'mistaken'",
)


async def lock_number_for_purchase(conn: Connection, reference: str) -> None:
    """Lock a bank's number and require that it paid no order of the shop.

    Raises:
        TransferRecordedBefore: it did.
    """
    await LOCK_BANK_NUMBER.run(conn, reference=reference)
    await require_new_transfer(conn, reference)


async def lock_number_for_order(conn: Connection, reference: str) -> None:
    """Lock a bank's number and require that it is of no transfer of a public unit.

    Raises:
        TransferRecordedBefore: it is; `order` is the payer's code of that.
    """
    await LOCK_BANK_NUMBER.run(conn, reference=reference)
    if code := await FIND_RECEIPT.maybe(conn, reference=reference):
        raise TransferRecordedBefore(reference=reference, order=code)
