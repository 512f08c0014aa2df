"""The public score of a producer: its formula, and the figures that it is computed from."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.clock import get_business_day
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.reviews.answer import answer_review
from market.sales.reviews.score import ProducerFigures, ProducerScore, compute_score, get_figures, refresh_figures
from market.sales.reviews.write import ReviewText, write_review
from market.service.web.shop.seller import describe_score
from tests.conftest import NOW
from tests.sales.orders.orchard import DUE, Orchard, orchard
from tests.support.make import SEAL, load_owner, make_product, make_stay
from tests.support.postgres import as_owner
from tests.support.shop import Shopping, make_october_nights

__all__ = ["orchard"]

DAY = timedelta(days=1)


def make_figures(*, parcels: int = 0, in_time: int = 0, reviews: int = 0, stars: int = 0) -> ProducerFigures:
    return ProducerFigures(
        since=date(2019, 4, 1), counted_on=date(2019, 9, 28), parcels=parcels, in_time=in_time, reviews=reviews,
        stars=stars, answered=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "score"),
    [
        (make_figures(parcels=8, in_time=7, reviews=3, stars=13), ProducerScore(total=86, sending=44, praise=42)),
        (make_figures(parcels=5, in_time=0, reviews=3, stars=3), ProducerScore(total=0, sending=0, praise=0)),
        (make_figures(parcels=5, in_time=5, reviews=3, stars=15), ProducerScore(total=100, sending=50, praise=50)),
        (make_figures(parcels=4, in_time=0, reviews=4, stars=19), ProducerScore(total=94, sending=None, praise=94)),
        (make_figures(parcels=50, in_time=50, reviews=2, stars=10), None),
    ],
)
def test_the_score_is_that_of_the_formula(figures: ProducerFigures, score: ProducerScore | None) -> None:
    assert compute_score(figures) == score


@given(
    parcels=st.integers(0, 500), late=st.integers(0, 500), reviews=st.integers(3, 300), lost=st.integers(0, 1200)
)  # fmt: skip
def test_a_score_is_from_0_to_100_and_never_falls_when_a_parcel_was_in_time(
    parcels: int, late: int, reviews: int, lost: int
) -> None:
    figures = make_figures(
        parcels=parcels, in_time=max(parcels - late, 0), reviews=reviews, stars=max(5 * reviews - lost, reviews)
    )
    score = compute_score(figures)
    assert score is not None
    assert 0 <= score.total <= 100
    better = compute_score(make_figures(parcels=parcels, in_time=parcels, reviews=reviews, stars=figures.stars))
    assert better is not None
    assert better.total >= score.total
    words, rules = describe_score(figures)
    assert words == f"{score.total} 分"
    assert any(f"= {score.praise}。" in rule for rule in rules)


async def test_the_figures_are_the_parcels_and_reviews_of_the_last_180_days(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=50)
        owner = await load_owner(conn, product.producer_id)
    reviews: list[UUID] = []
    for number, days in enumerate((1, 3, 4, None)):
        order = await shopping.place([(product.variant_id, 1)])
        await shopping.pay(order)
        suborder = (await shopping.see(order)).suborders[0]
        if days is None:
            continue
        at = NOW + days * DAY
        async with shopping.db.transaction() as conn:
            await ship_suborder(
                conn, shopping.seal, owner, suborder.id, carrier="邮政", tracking="XA123456789CN", now=at
            )
            await confirm_receipt(conn, shopping.seal, shopping.buyer, order.id, now=at)
            review = await write_review(conn, SEAL, shopping.buyer, suborder.id, ReviewText(rating=5 - number), now=at)
            reviews.append(review.id)
    async with shopping.db.transaction() as conn:
        await answer_review(conn, owner, reviews[0], "谢谢", now=NOW + 4 * DAY)
    assert await refresh_figures(shopping.db, now=NOW + 5 * DAY) == 1
    async with shopping.db.connection() as conn:
        figures = await get_figures(conn, product.producer_id)
    today = get_business_day(NOW + 5 * DAY)
    # Three days are the default: one parcel was sent a day late, and one was not sent.
    assert figures == ProducerFigures(
        since=today - 180 * DAY, counted_on=today, parcels=4, in_time=2, reviews=3, stars=12, answered=1
    )
    assert await refresh_figures(shopping.db, now=NOW + 3 * DAY) == 1
    async with shopping.db.connection() as conn:
        earlier = await get_figures(conn, product.producer_id)
    assert earlier is not None
    assert (earlier.parcels, earlier.reviews) == (0, 1)
    await refresh_figures(shopping.db, now=NOW + 200 * DAY)
    async with shopping.db.connection() as conn:
        later = await get_figures(conn, product.producer_id)
    assert later is not None
    assert (later.parcels, later.in_time, later.reviews, later.stars) == (0, 0, 0, 0)


async def test_a_parcel_that_its_buyer_cancelled_does_not_count_and_an_unsent_one_is_late(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=50)
    for reason in ("cancelled", "not_shipped"):
        order = await shopping.place([(product.variant_id, 1)])
        await shopping.pay(order)
        suborder = (await shopping.see(order)).suborders[0]
        async with shopping.db.transaction() as conn, as_owner(conn):
            await conn.execute("UPDATE suborders SET state = 'cancelled' WHERE id = $1", suborder.id)
            await conn.execute(
                "INSERT INTO line_refunds (line_id, key, amount_fen, reason, requested_by, at)"
                " SELECT id, $2, amount_fen, $2, $4, $3 FROM order_lines WHERE suborder_id = $1",
                suborder.id, reason, NOW, shopping.buyer.account_id,
            )  # fmt: skip
    await refresh_figures(shopping.db, now=NOW + 10 * DAY)
    async with shopping.db.connection() as conn:
        figures = await get_figures(conn, product.producer_id)
    assert figures is not None
    assert (figures.parcels, figures.in_time) == (1, 0)


async def test_a_stay_and_a_presale_count_when_they_were_due_long_after_they_were_ordered(orchard: Orchard) -> None:
    w = orchard.shopping
    presale = await orchard.order(deposited=False, now=DUE)
    await w.pay(presale, now=DUE)
    async with w.db.transaction() as conn:
        stay = await make_stay(conn)
    booked = await w.place(nights=[make_october_nights(stay.listing_id)])
    await w.pay(booked)
    due = datetime.fromtimestamp((booked.id.int >> 80) / 1000, UTC) + 390 * DAY
    async with w.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE sending_windows SET send_from = $1, send_until = $1", due.date())
        await conn.execute("UPDATE suborders SET state = 'received', received_at = $1 WHERE kind = 'stay'", due)
    for days, counted in ((170, 1), (190, 0)):
        await refresh_figures(w.db, now=due + days * DAY)
        async with w.db.connection() as conn:
            of_orchard = await get_figures(conn, orchard.new.producer_id)
            of_host = await get_figures(conn, stay.producer_id)
        assert of_orchard is not None
        assert of_host is not None
        assert (of_orchard.parcels, of_orchard.in_time, of_host.kept_stays) == (counted, 0, counted)
