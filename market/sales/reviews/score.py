"""The public score of a producer: parcels sent in time and stars of the last 180 days, by one stated formula.

Source: 电子商务法 39, which asks for public rules of the credit rating.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.presale import MAX_PRESALE_AHEAD, MAX_WINDOW
from market.kernel import Connection, Database, Query, divide_half_up
from market.kernel.clock import get_business_day, get_day_start
from market.places.counties.settings import SEND_DEFAULTS
from market.sales.orders.models import MAX_DAYS_AHEAD, MAX_NIGHTS
from market.sales.orders.send_by import SEND_BY

SCORE_PERIOD = timedelta(days=180)
MIN_PARCELS = 5
"""Below so many parcels and stays only the stars count."""
MIN_REVIEWS = 3
"""Below so many reviews there is no score."""
SENDING_POINTS = 50
STAR_POINTS = 50
_STAR_RANGE = 4
"""Stars go from 1 to 5."""
_PIECE = 500
_SENDING = timedelta(days=60)
"""So long before its last day for sending a parcel may have been ordered."""
_AHEAD = max(timedelta(days=MAX_DAYS_AHEAD + MAX_NIGHTS), MAX_PRESALE_AHEAD + 2 * MAX_WINDOW)
"""So much longer before may a stay have been booked, or a pre-sale ordered whose balance and sending have windows."""


class ProducerFigures(Struct, frozen=True, kw_only=True):
    """What the score of a producer is computed from: everything from `since` to the day before `counted_on`.

    `parcels` were to be sent in that period; `in_time` were sent by the day that was promised. Of the `reviews`,
    `answered` have an answer, and `stars` is the sum of their stars. Of the `stays` whose guests came or that the host
    cancelled in it, `kept_stays` were not cancelled.
    """

    since: date
    counted_on: date
    parcels: int
    in_time: int
    reviews: int
    stars: int
    answered: int
    stays: int = 0
    kept_stays: int = 0

    @property
    def promises(self) -> int:
        """The parcels to be sent and the stays."""
        return self.parcels + self.stays

    @property
    def kept(self) -> int:
        """The promises that were kept."""
        return self.in_time + self.kept_stays


class ProducerScore(Struct, frozen=True, kw_only=True):
    """A score from 0 to 100, the sum of its two parts; `sending` is None if only the stars count."""

    total: int
    sending: int | None
    praise: int


class CountedProducers(Struct, frozen=True):
    """Producers whose figures were counted: the last of them, None if there was none, and how many."""

    last_id: UUID | None
    producers: int


GET_FIGURES = Query(
    ProducerFigures,
    """
    SELECT since, counted_on, parcels, in_time, reviews, stars, answered, stays, kept_stays
      FROM producer_figures WHERE producer_id = :producer_id
    """,
)
# A parcel that was cancelled because it was not sent counts as late; one that the buyer cancelled does not count.
# The ids of suborders are in the order of time, so that older ones are not read. Parcels from before `first_id` count
# if they have a window for sending, as pre-sales do; that of the others passed long ago, and is not computed.
REFRESH_FIGURES = Query(
    CountedProducers,
    """
    WITH piece AS (
        SELECT id, county_code FROM producers
         WHERE id > :after AND state IN ('open', 'suspended')
         ORDER BY id LIMIT :piece
    ), due AS MATERIALIZED (
        SELECT producers.id AS producer_id, suborders.id AS suborder_id, suborders.state,
               business_day(suborders.shipped_at) AS shipped_on, """
    + SEND_BY
    + """ AS send_by
          FROM piece AS producers
          JOIN suborders ON producer_id = producers.id AND suborders.id >= :first_ahead_id
          JOIN orders ON orders.id = order_id
         WHERE suborders.kind = 'goods' AND paid_at IS NOT NULL
           AND suborders.state IN ('paid', 'shipped', 'received', 'cancelled')
           AND (suborders.id >= :first_id OR EXISTS (SELECT FROM sending_windows WHERE suborder_id = suborders.id))
    ), sent AS (
        SELECT producer_id, count(*)::integer AS parcels,
               (count(*) FILTER (WHERE shipped_on <= send_by))::integer AS in_time
          FROM due
         WHERE send_by >= :since::date AND send_by < :today::date
           AND (state <> 'cancelled'
                OR EXISTS (SELECT FROM order_lines JOIN line_refunds ON line_id = order_lines.id
                            WHERE order_lines.suborder_id = due.suborder_id AND reason = 'not_shipped'))
         GROUP BY producer_id
    ), hosted AS (
        SELECT producer_id, count(*)::integer AS stays, (count(*) FILTER (WHERE c.suborder_id IS NULL))::integer AS kept
          FROM piece JOIN suborders s ON producer_id = piece.id AND s.id >= :first_ahead_id
          LEFT JOIN stay_cancellations c ON c.suborder_id = s.id
         WHERE s.kind = 'stay'
           AND ((s.state = 'received' AND s.received_at >= :since_at AND s.received_at < :today_at)
                OR (c.cancelled_at >= :since_at AND c.cancelled_at < :today_at))
         GROUP BY producer_id
    ), praised AS (
        SELECT r.producer_id, count(*)::integer AS reviews, sum(rating)::integer AS stars,
               count(answer)::integer AS answered
          FROM piece JOIN reviews r ON r.producer_id = piece.id
         WHERE r.id >= :first_id AND r.at >= :since_at AND r.at < :today_at
         GROUP BY r.producer_id
    ), stored AS (
        INSERT INTO producer_figures (producer_id, since, counted_on, parcels, in_time, reviews, stars, answered,
                                      stays, kept_stays)
        SELECT id, :since::date, :today::date, coalesce(parcels, 0), coalesce(in_time, 0), coalesce(reviews, 0),
               coalesce(stars, 0), coalesce(answered, 0), coalesce(stays, 0), coalesce(kept, 0)
          FROM piece
          LEFT JOIN sent ON sent.producer_id = id
          LEFT JOIN hosted ON hosted.producer_id = id
          LEFT JOIN praised ON praised.producer_id = id
        ON CONFLICT (producer_id) DO UPDATE
           SET since = excluded.since, counted_on = excluded.counted_on, parcels = excluded.parcels,
               in_time = excluded.in_time, reviews = excluded.reviews, stars = excluded.stars,
               answered = excluded.answered, stays = excluded.stays, kept_stays = excluded.kept_stays
        RETURNING 1
    )
    SELECT (SELECT id FROM piece ORDER BY id DESC LIMIT 1) AS last_id, (SELECT count(*) FROM stored) AS producers
    """,
)


def compute_score(figures: ProducerFigures) -> ProducerScore | None:
    """Return the score of a producer, or None below three reviews.

    50 points for the share of promises that were kept, parcels sent in time and stays not cancelled by the host, and 50
    for the average of the stars, from 1 (none) to 5 (all); below five promises, 100 for the stars. Each part is
    rounded half up to a whole point.
    """
    if figures.reviews < MIN_REVIEWS:
        return None
    above_one = figures.stars - figures.reviews
    if figures.promises < MIN_PARCELS:
        whole = divide_half_up((SENDING_POINTS + STAR_POINTS) * above_one, _STAR_RANGE * figures.reviews)
        return ProducerScore(total=whole, sending=None, praise=whole)
    sending = divide_half_up(SENDING_POINTS * figures.kept, figures.promises)
    praise = divide_half_up(STAR_POINTS * above_one, _STAR_RANGE * figures.reviews)
    return ProducerScore(total=sending + praise, sending=sending, praise=praise)


async def get_figures(conn: Connection, producer_id: UUID) -> ProducerFigures | None:
    """Return the figures of a producer's score as they were last counted, or None before that."""
    return await GET_FIGURES.maybe(conn, producer_id=producer_id)


async def refresh_figures(db: Database, *, now: datetime) -> int:
    """Count the figures of all producers again, 500 producers at a time, each committed; return how many."""
    after: UUID | None = UUID(int=0)
    total = 0
    while after is not None:
        async with db.connection() as conn:
            counted = await refresh_figures_after(conn, after, now=now)
        after, total = counted.last_id, total + counted.producers
    return total


async def refresh_figures_after(conn: Connection, producer_id: UUID, *, now: datetime) -> CountedProducers:
    """Count the figures of the next 500 producers again; behind the last producer there are none."""
    today = get_business_day(now)
    since = today - SCORE_PERIOD
    first = now - SCORE_PERIOD - _SENDING
    return await REFRESH_FIGURES.one(
        conn, after=producer_id, piece=_PIECE, first_id=_get_first_id(first),
        first_ahead_id=_get_first_id(first - _AHEAD), since=since, today=today, since_at=get_day_start(since),
        today_at=get_day_start(today), ship_days=SEND_DEFAULTS["ship_days"],
    )  # fmt: skip


def _get_first_id(at: datetime) -> UUID:
    return UUID(int=int(at.timestamp() * 1000) << 80)
