"""How much one account may send a day, so that nobody fills the disk with files that are kept."""

from datetime import date, datetime, timedelta

from market.kernel import Connection, Database, Query, Refusal
from market.kernel.clock import get_business_day, get_day_start
from market.people.identity.models import AccountId
from payments.sql import run_in_pieces

MAX_BYTES_A_DAY = 2 * 1024 * 1024 * 1024
"""A hundred files of 20 MiB. An operator's account that tries and sends its bills to a whole province needs half."""


class TooManyBytes(Refusal):
    """The account has sent files of `MAX_BYTES_A_DAY` on this business day; `retry_after` is in seconds."""

    code = "too_many_bytes"
    status = 429
    zh = f"一天最多传 {MAX_BYTES_A_DAY // 1024**2:,} MB 的文件，今天传满了，请明天再传。"
    en = (
        f"At most {MAX_BYTES_A_DAY // 1024**2:,} MiB of files are accepted per account and day; "
        "try again in {retry_after} s."
    )


# The row is locked until the caller's transaction ends, so that files at once do not pass the limit together.
ADD_BYTES = Query(
    int,
    """
    INSERT INTO sent_bytes AS s (account_id, sent_on, bytes)
    SELECT :account_id, :day, :bytes::bigint WHERE :bytes <= :most::bigint
    ON CONFLICT ON CONSTRAINT sent_bytes_pkey DO UPDATE SET bytes = s.bytes + excluded.bytes
     WHERE s.bytes + excluded.bytes <= :most
    RETURNING 1
    """,
)
DELETE_OLD_BYTES = Query(
    None,
    """
    DELETE FROM sent_bytes
     WHERE (account_id, sent_on) IN (SELECT account_id, sent_on FROM sent_bytes
                                      WHERE sent_on < business_day(:before::timestamptz) LIMIT :piece::integer)
    """,
)


async def count_sent_bytes(conn: Connection, account_id: AccountId, size: int, *, now: datetime) -> None:
    """Count the bytes of files that an account sends, in the transaction that stores them; what is refused counts not.

    Raises:
        TooManyBytes: with them the account would have sent more than `MAX_BYTES_A_DAY` on this business day.
    """
    day = get_business_day(now)
    if size and await ADD_BYTES.maybe(conn, account_id=account_id, day=day, bytes=size, most=MAX_BYTES_A_DAY) is None:
        raise TooManyBytes(retry_after=_count_seconds_left(day, now))


def _count_seconds_left(day: date, now: datetime) -> int:
    return round((get_day_start(day + timedelta(days=1)) - now).total_seconds())


async def delete_old_bytes(db: Database, before: datetime) -> int:
    """Delete the counts of business days before that of a moment; return how many."""
    return await run_in_pieces(db, DELETE_OLD_BYTES, before=before)
