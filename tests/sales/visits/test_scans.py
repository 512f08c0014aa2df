"""Codes checked without a network: signed, redeemed once by the first upload, and known to both phones."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from market.catalogue.bookings.signed_codes import VisitPass, count_days, list_public_keys, read_pass, sign_pass
from market.kernel.seal import derive_seal
from market.people.identity.models import Actor
from market.sales.aftersales.models import TooManyCheckInCodes
from market.sales.orders.cancel import cancel_order
from market.sales.orders.queries import OrderView
from market.sales.visits.change_booking import propose_change
from market.sales.visits.changeable_stay import NewDays
from market.sales.visits.scans import NewScan, ScanOutcome, UploadedScan, list_double_scans, load_gate_data, upload_scan
from tests.conftest import NOW
from tests.support.make import load_owner, make_activity, make_stay
from tests.support.shop import Shopping, make_october_nights

ARRIVAL = datetime.fromisoformat("2019-10-03T15:00:00+08:00")
HOUR = timedelta(hours=1)
SECRET, NEXT_SECRET = "a first secret of 32 characters or more", "the next secret of 32 characters or more"


class Guests(Struct, frozen=True):
    """A paid stay, and its host."""

    shopping: Shopping
    order: OrderView
    host: Actor

    @property
    def code(self) -> str:
        return self.order.suborders[0].bookings[0].signed_code or ""

    @property
    def digits(self) -> str:
        return self.order.suborders[0].bookings[0].code or ""

    async def upload(
        self, code: str, *, by: Actor | None = None, nonce: UUID | None = None, shown_at: datetime = ARRIVAL,
        now: datetime = ARRIVAL + 5 * HOUR,
    ) -> UploadedScan:  # fmt: skip
        async with self.shopping.db.transaction() as conn:
            scan = NewScan(nonce=nonce or uuid4(), code=code, shown_at=shown_at)
            return await upload_scan(conn, self.shopping.seal, by or self.host, scan, now=now)


@pytest.fixture
async def guests(shopping: Shopping) -> Guests:
    """Book a stay of 3 to 5 October."""
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
        host = await load_owner(conn, stay.producer_id)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    return Guests(shopping, await shopping.see(order), host)


PASSES = st.builds(
    VisitPass, visit_id=st.uuids(), producer_number=st.integers(0, 2**32 - 1),
    first=st.dates(date(2000, 1, 1), date(2150, 1, 1)), last=st.dates(date(2000, 1, 1), date(2150, 1, 1)),
    party=st.integers(0, 5000),
)  # fmt: skip


@given(PASSES, st.integers(4, 120), st.integers(1, 63))
def test_a_code_states_its_visit_and_any_other_text_states_nothing(visit: VisitPass, at: int, by: int) -> None:
    seal = derive_seal(SECRET)
    code = sign_pass(seal, visit)
    assert read_pass(seal, f" {code}\n") == visit
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = code[:at] + alphabet[(alphabet.index(code[at]) + by) % 64] + code[at + 1 :]
    assert read_pass(seal, changed) is None
    assert read_pass(seal, code[:at]) is None
    assert len(code) <= 140


def test_codes_of_the_old_secret_verify_until_it_is_gone() -> None:
    old, both, new = derive_seal(SECRET), derive_seal(NEXT_SECRET, SECRET), derive_seal(NEXT_SECRET)
    visit = VisitPass(visit_id=uuid4(), producer_number=7, first=date(2019, 10, 3), last=date(2019, 10, 5), party=0)
    code = sign_pass(old, visit)
    assert (read_pass(both, code), read_pass(new, code)) == (visit, None)
    assert read_pass(new, sign_pass(both, visit)) == visit
    assert list(list_public_keys(both)) == [*list_public_keys(new), *list_public_keys(old)]


async def test_a_scan_made_offline_checks_the_guest_in_at_the_time_it_was_made(guests: Guests) -> None:
    nonce = uuid4()
    first = await guests.upload(guests.code, nonce=nonce)
    again = await guests.upload(guests.code, nonce=nonce)
    assert (first.outcome, again.outcome, again.others) == (ScanOutcome.ADMITTED, ScanOutcome.ADMITTED, [])
    # The phone kept it, and another member of the team signed in there meanwhile.
    mate = msgspec.structs.replace(guests.host, account_id=guests.shopping.buyer.account_id)
    assert await guests.upload(guests.code, nonce=nonce, by=mate) == again
    seen = await guests.shopping.see_id(guests.order.id)
    assert (seen.state, seen.suborders[0].bookings[0].state) == ("finished", "arrived")
    async with guests.shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT arrived_at FROM bookings") == ARRIVAL


async def test_one_scan_sent_twice_at_once_has_one_outcome(guests: Guests) -> None:
    """A page that is opened as the network returns sends what it kept for both reasons."""
    nonce = uuid4()
    sent = await asyncio.gather(*(guests.upload(guests.code, nonce=nonce) for _ in range(4)))
    assert [each.outcome for each in sent] == [ScanOutcome.ADMITTED] * 4


async def test_a_scan_without_a_time_zone_is_malformed(guests: Guests) -> None:
    scan = {"nonce": str(uuid4()), "code": guests.code, "shown_at": "2019-10-03T15:00:00"}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(scan, NewScan)


async def test_two_phones_that_were_offline_learn_of_each_other(guests: Guests) -> None:
    one, two = await asyncio.gather(
        guests.upload(guests.code, shown_at=ARRIVAL), guests.upload(guests.code, shown_at=ARRIVAL + HOUR)
    )
    assert sorted([one.outcome, two.outcome]) == [ScanOutcome.ADMITTED, ScanOutcome.AGAIN]
    second = one if one.outcome is ScanOutcome.AGAIN else two
    assert len(second.others) == 1
    async with guests.shopping.db.connection() as conn:
        [double] = await list_double_scans(conn, guests.host, now=ARRIVAL + 6 * HOUR)
        assert await conn.fetchval("SELECT count(*) FROM check_in_scans WHERE outcome = 'admitted'") == 1
    assert (double.scans, double.order_code) == ([ARRIVAL, ARRIVAL + HOUR], f"{guests.order.number}-1")
    number = guests.order.number
    assert f"escrow:{number}-1" not in await guests.shopping.balances()


async def test_the_code_of_a_cancelled_stay_is_void_and_the_phone_knows(guests: Guests) -> None:
    w = guests.shopping
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, guests.order.id, now=NOW)
    async with w.db.connection() as conn:
        data = await load_gate_data(conn, w.seal, guests.host, now=NOW)
    assert data.revoked == [guests.order.suborders[0].bookings[0].id.hex[-12:]]
    seen = await guests.upload(guests.code)
    assert seen.outcome is ScanOutcome.CANCELLED
    assert f"escrow:{guests.order.number}-1" not in await w.balances()


async def test_the_old_code_of_a_moved_stay_is_void_and_the_new_one_is_not(guests: Guests) -> None:
    w = guests.shopping
    days = NewDays(arrive_on=date(2019, 10, 4), leave_on=date(2019, 10, 6))
    early = NOW - timedelta(days=15)
    await propose_change(w.db, w.gateway, w.seal, w.buyer, guests.order.id, position=1, days=days, now=early)
    async with w.db.connection() as conn:
        data = await load_gate_data(conn, w.seal, guests.host, now=ARRIVAL)
    suffix = guests.order.suborders[0].bookings[0].id.hex[-12:]
    first, last = (count_days(date(2019, 10, day)) for day in (3, 5))
    assert data.revoked == [f"{suffix}:{first}:{last}"]
    assert data.expected == {suffix: "农家院客房，1 号房"}
    assert (await guests.upload(guests.code)).outcome is ScanOutcome.OUTSIDE
    moved = (await w.see_id(guests.order.id)).suborders[0].bookings[0].signed_code or ""
    tomorrow = ARRIVAL + timedelta(days=1)
    assert (await guests.upload(moved, shown_at=tomorrow, now=tomorrow)).outcome is ScanOutcome.ADMITTED


@pytest.mark.parametrize(
    ("moves", "void"), [([(3, 4)], [(3, 5)]), ([(4, 6), (3, 5)], [(4, 6)])], ids=["shortened", "moved back"]
)
async def test_only_codes_of_other_days_than_the_booked_ones_are_void(
    guests: Guests, moves: list[tuple[int, int]], void: list[tuple[int, int]]
) -> None:
    w, early = guests.shopping, NOW - timedelta(days=15)
    for days in moves:
        arrive, leave = (date(2019, 10, day) for day in days)
        wanted = NewDays(arrive_on=arrive, leave_on=leave)
        await propose_change(w.db, w.gateway, w.seal, w.buyer, guests.order.id, position=1, days=wanted, now=early)
    async with w.db.connection() as conn:
        data = await load_gate_data(conn, w.seal, guests.host, now=ARRIVAL)
    named = [":".join(str(count_days(date(2019, 10, day))) for day in days) for days in void]
    assert [name.partition(":")[2] for name in data.revoked] == named


async def test_a_code_of_another_host_or_without_a_signature_checks_nobody_in(guests: Guests) -> None:
    async with guests.shopping.db.transaction() as conn:
        other = await load_owner(conn, (await make_stay(conn)).producer_id)
    for code, by in ((guests.code, other), (guests.code[:-3] + "AAA", guests.host), ("XJ1.", guests.host)):
        assert (await guests.upload(code, by=by)).outcome is ScanOutcome.WRONG
    for late in (ARRIVAL + timedelta(days=8), ARRIVAL - timedelta(days=1)):
        seen = await guests.upload(guests.code, shown_at=min(late, ARRIVAL), now=late)
        assert seen.outcome is ScanOutcome.OUTSIDE
    assert (await guests.shopping.see_id(guests.order.id)).suborders[0].bookings[0].state == "booked"


async def test_digits_that_were_typed_offline_are_checked_later_and_count_as_attempts(guests: Guests) -> None:
    wrong = "00000000" if guests.digits != "00000000" else "11111111"
    for _ in range(10):
        assert (await guests.upload(wrong)).outcome is ScanOutcome.WRONG
    with pytest.raises(TooManyCheckInCodes):
        await guests.upload(guests.digits)
    later = ARRIVAL + 7 * HOUR
    assert (await guests.upload(guests.digits, now=later)).outcome is ScanOutcome.ADMITTED
    assert (await guests.upload(guests.code, now=later)).outcome is ScanOutcome.AGAIN


async def test_places_of_an_activity_have_a_signed_code_too(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        activity = await make_activity(conn)
        host = await load_owner(conn, activity.producer_id)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await shopping.pay(order)
    seen = await shopping.see(order)
    places = seen.suborders[0].places
    assert places is not None
    visit = Guests(shopping, seen, host)
    shown = await visit.upload(places.signed_code or "", shown_at=places.starts_at, now=places.starts_at + HOUR)
    assert shown.outcome is ScanOutcome.ADMITTED
    assert (await shopping.see_id(order.id)).state == "finished"
