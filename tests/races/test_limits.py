"""Whatever a person or a shop has a limited number of, it never has more, however much is asked for at once."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from datetime import date
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from market.cases.answers.inquiries import ask_county
from market.cases.answers.models import InquiryKind, NewInquiry
from market.cases.casework.models import CaseMove
from market.cases.casework.moves import get_person_scope, lock_case, move_case
from market.catalogue.favourites.keep import add_favourite
from market.catalogue.favourites.models import FavouriteKind
from market.catalogue.listings.edit import move_listing
from market.catalogue.listings.models import ListingMove
from market.catalogue.listings.more_packs import add_pack
from market.catalogue.listings.packs import NewPack
from market.catalogue.listings.terms import NewSeason, set_season
from market.catalogue.producers.apply import add_certificate
from market.catalogue.producers.models import CertificateClaim, CertificateKind, ProducerId
from market.kernel import Connection, Fen, Refusal
from market.people.identity.codes import CodeLimits, request_code
from market.people.identity.models import Role
from market.people.storage.photos import PhotoFormat, PhotoPurpose, PreparedPhoto, add_photo
from market.privacy.request_models import DataRequestKind, NewDataRequest
from market.privacy.requests import ask_about_data
from market.sales.complaints.complain import complain, report_buyer
from market.sales.complaints.models import ComplaintCategory
from market.sales.conversations.models import Side
from market.sales.conversations.write import write_message
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.manage import create_coupon, create_producer_coupon
from market.sales.orders.cart import identify_device, merge_device_cart, put_cart
from market.sales.orders.models import Line, ListingId, Nights, VariantId
from market.sales.packages.compose import compose_package
from market.sales.payouts.account import enter_payout_account
from market.sales.visits.guest_register import GuestDocument, NewStayGuest, register_guest
from market.villages.content.models import NewReport, NewStory, ReportedKind, ReportReason
from market.villages.content.reports import report_content
from market.villages.content.stories import write_story
from market.villages.coverage.models import NewOutage, OutageKind, Technology
from market.villages.coverage.outages import report_outage
from market.villages.services.question_models import NewQuestion
from market.villages.services.questions import ask_question
from payments.models import AccountKind
from tests.cases.casework.conftest import CaseWorld, world
from tests.conftest import NOW
from tests.kernel.test_queries import import_every_module
from tests.sales.packages.village import make_households, make_new_package
from tests.support.coupons import make_coupon, make_platform_staff, new_coupon
from tests.support.make import (
    VILLAGE,
    load_actor,
    load_owner,
    make_account,
    make_official,
    make_phone,
    make_product,
    make_stay,
)
from tests.support.payment import gateway, provider, sandbox
from tests.support.postgres import as_owner
from tests.support.shop import Shopping, make_october_nights, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping", "world"]

LIMIT, AT_ONCE = 2, 8
Attempt = Callable[[Connection, int], Coroutine[Any, Any, Any]]

HELD_BY = {
    "TooManyPhotos": "quota lock of the account",
    "TooManyLines": "quota lock of the cart's owner",
    "TooManyComplaints": "quota lock of the buyer; of the producer, for reports",
    "TooManyCoupons": "quota lock of the producer, or of the platform",
    "TooManyAccountChanges": "row of the producer",
    "TooManyListings": "row of the producer",
    "TooManyPackages": "row of the producer",
    "TooManyFavourites": "lock of the buyer, and a position from 1 to 200 that is unique",
    "TooManySavedFilters": "quota lock of the account, and a position from 1 to 20 that is the key",
    "TooManyMessages": "row of the conversation",
    "PackLimitReached": "row of the listing",
    "CouponLimitReached": "row of the coupon, and an ordinal that is unique",
    "CouponUsedUp": "row of the coupon, and a check of what was claimed",
    "TooManyRefundRequests": "row of the order; see tests/races/test_refund_requests.py",
    "TooManyCheckInCodes": "lock of the host; see tests/sales/aftersales/test_check_in.py",
    "TooManyUnpaidOrders": "lock of the buyer; see tests/sales/orders/test_unpaid_limits.py",
    "TooManyUnpaidItems": "lock of the buyer; see tests/sales/orders/test_unpaid_limits.py",
    "TooManyUnpaidNights": "lock of the buyer; see tests/sales/orders/test_unpaid_limits.py",
    "TooManyLapsedOrders": "lock of the buyer; see tests/sales/orders/test_unpaid_limits.py",
    "TooManyChanges": "row of the order",
    "TooManyGoodsReturns": "row of the order",
    "TooManyClosures": "row of the producer",
    "TooManyObjections": "row of the lead; see tests/subsidies/intake/test_objections.py",
    "TooManyBytes": "row of the account and the day; see tests/people/storage/test_sent_bytes.py",
    "TooManyAgreements": "quota lock of the county; see tests/subsidies/agreements",
    "TooManyClawbacks": "quota lock of the county; see tests/subsidies/clawbacks",
    "TooManyBankAccounts": "quota lock of the county; see tests/subsidies/bank_accounts",
    "TooManyConsents": "quota lock of the lead; see tests/subsidies/intake",
    "TooManyTasks": "quota lock of the account; see tests/service/web/desk/test_tasks.py",
    "TooManyRuns": "lock of the county's imports; see tests/subsidies/month/test_order_of_months.py",
    "TooManyOutages": "quota lock of the account",
    "TooManyQuestions": "quota lock of the account",
    "TooManyInquiries": "quota lock of the account",
    "TooManyDataRequests": "quota lock of the account",
    "TooManyReports": "quota lock of the account",
    "TooManyStories": "quota lock of the account",
    "TooManyProposals": "quota lock of the account; see tests/villages/pairing/test_proposals.py",
    "TooManyNamelessGrievances": "quota lock of the county, and the row of the bucket; see tests/cases/grievances",
    "LotUsedUp": "row of the lot, and a check of what is used; see tests/catalogue/trace/test_trace.py",
    "NoYieldLimit": "a limit of the county's file, not of a number; see tests/catalogue/trace/test_trace.py",
    "TooManyCodes": "locks of the phone and the networks; see tests/people/identity/test_sign_in.py",
    "TooManyRequests": "counted in the memory of each process; see ADR 20",
    "InvoiceChangedTooOften": "row of the request",
    "InvoiceCorrectedTooOften": "row of the request, and a version that is unique",
}
"""Every refusal because of a number, and what makes the number exact."""


def test_every_limit_says_what_holds_it() -> None:
    import_every_module()
    found, left = set[str](), [Refusal]
    while left:
        classes = left.pop().__subclasses__()
        left += classes
        found |= {each.__name__ for each in classes if re.search("TooMany|TooOften|Limit|UsedUp", each.__name__)}
    assert found - {"CodeAttemptsUsedUp"} == set(HELD_BY)


async def race(shopping: Shopping, attempt: Attempt, *, scope: str = "") -> int:
    """Return how many of some attempts at once succeed; each has a transaction of its own that stays open a while."""

    async def once(index: int) -> bool:
        try:
            async with shopping.db.transaction(scope=scope) as conn:
                await attempt(conn, index)
                await asyncio.sleep(0.02)
        except Refusal:
            return False
        return True

    return sum(await asyncio.gather(*(once(index) for index in range(AT_ONCE))))


async def test_photos_of_a_day(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.people.storage.photos.MAX_PHOTOS_A_DAY", LIMIT)

    async def attempt(conn: Connection, index: int) -> None:
        photo = PreparedPhoto(PhotoPurpose.REVIEW, bytes([index]) * 32, 9, 9, PhotoFormat.WEBP)
        await add_photo(conn, shopping.buyer.account_id, photo, now=NOW)

    assert await race(shopping, attempt) == LIMIT


async def test_lines_and_stays_of_a_cart(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.sales.orders.cart.MAX_LINES", LIMIT)
    monkeypatch.setattr("market.sales.orders.cart.MAX_STAYS", LIMIT)
    async with shopping.db.transaction() as conn:
        goods = [await make_product(conn) for _ in range(AT_ONCE)]
        stays = [await make_stay(conn) for _ in range(AT_ONCE)]
    device = identify_device("d" * 32)

    async def add_line(conn: Connection, index: int) -> None:
        await put_cart(conn, device, lines=[Line(VariantId(goods[index].variant_id), 1)], now=NOW)

    async def add_stay(conn: Connection, index: int) -> None:
        night = Nights(ListingId(stays[index].listing_id), date(2019, 10, 1), date(2019, 10, 2), 1)
        await put_cart(conn, device, nights=[night], now=NOW)

    assert await race(shopping, add_line) == LIMIT
    assert await race(shopping, add_stay) == LIMIT
    other = identify_device("e" * 32)
    async with shopping.db.transaction() as conn:
        await put_cart(conn, other, lines=[Line(VariantId(each.variant_id), 1) for each in goods[6:]], now=NOW)

    # A device of somebody who signs in on two at once.
    async def merge(conn: Connection, index: int) -> None:
        await merge_device_cart(conn, (device, other)[index % 2], shopping.buyer.account_id)

    await race(shopping, merge)
    async with shopping.db.connection() as conn:
        owned = "SELECT count(*) FROM cart_lines WHERE owner_id = $1"
        assert await conn.fetchval(owned, shopping.buyer.account_id) == LIMIT


async def sell(shopping: Shopping, count: int) -> tuple[UUID, list[UUID]]:
    """Sell the buyer goods of one producer in some paid orders; return the producer and the suborders."""
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
    sold: list[UUID] = []
    for _ in range(count):
        order = await shopping.place([(product.variant_id, 1)])
        await shopping.pay(order)
        sold.append((await shopping.see(order)).suborders[0].id)
    return product.producer_id, sold


async def test_complaints_reports_and_messages(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("market.sales.complaints.complain"), "MAX_OPEN_COMPLAINTS", LIMIT)
    monkeypatch.setattr("market.sales.conversations.write.MAX_DAILY_MESSAGES", LIMIT)
    producer_id, sold = await sell(shopping, 4)
    async with shopping.db.transaction() as conn:
        owner = await load_owner(conn, producer_id)
        await make_official(conn, Role.COUNTY, "130624")
    seal, buyer = shopping.seal, shopping.buyer

    async def about(conn: Connection, index: int) -> None:
        await complain(conn, seal, buyer, sold[index % 4], category=ComplaintCategory.GOODS, text="枣是去年的", now=NOW)

    async def report(conn: Connection, index: int) -> None:
        await report_buyer(conn, seal, owner, sold[index % 4], text="骂人", now=NOW)

    async def write(conn: Connection, index: int) -> None:
        await write_message(conn, seal, buyer, sold[0], side=Side.BUYER, text=f"第{index}句", now=NOW)

    assert await race(shopping, about, scope=get_person_scope(buyer)) == LIMIT
    assert await race(shopping, report, scope=get_person_scope(owner)) == LIMIT
    assert await race(shopping, write, scope=get_person_scope(buyer)) == LIMIT


async def test_reports_and_questions(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.villages.coverage.outages.MAX_OPEN_REPORTS", LIMIT)
    new = NewOutage(kind=OutageKind.NEVER, operator="mobile", technology=Technology.G4, since=date(2019, 9, 1))

    async def attempt(conn: Connection, _index: int) -> None:
        await report_outage(conn, shopping.seal, shopping.buyer, VILLAGE, new, now=NOW)

    async def ask(conn: Connection, index: int) -> None:
        asked = NewQuestion(text=f"第{index}问")
        await ask_question(conn, shopping.seal, shopping.buyer, VILLAGE, asked, now=NOW)

    monkeypatch.setattr("market.villages.services.questions.MAX_OPEN_QUESTIONS", LIMIT)
    assert await race(shopping, ask, scope=get_person_scope(shopping.buyer)) == LIMIT
    assert await race(shopping, attempt, scope=get_person_scope(shopping.buyer)) == LIMIT


async def test_inquiries_requests_reports_and_stories(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    async with shopping.db.transaction() as conn:
        products = [await make_product(conn) for _ in range(AT_ONCE)]
        numbers = [
            await conn.fetchval("SELECT number FROM listings WHERE id = $1", each.listing_id) for each in products
        ]

    async def ask(conn: Connection, index: int) -> None:
        asked = NewInquiry(kind=InquiryKind.INQUIRY, text=f"第{index}问")
        await ask_county(conn, shopping.seal, shopping.buyer, VILLAGE, asked, now=NOW)

    async def request(conn: Connection, index: int) -> None:
        new = NewDataRequest(kind=DataRequestKind.EXPLAIN, text=f"第{index}问")
        await ask_about_data(conn, shopping.seal, shopping.buyer, new, now=NOW)

    async def report(conn: Connection, index: int) -> None:
        new = NewReport(kind=ReportedKind.LISTING, reference=str(numbers[index]), reason=ReportReason.FALSE)
        await report_content(conn, shopping.seal, shopping.buyer, new, now=NOW)

    async def write(conn: Connection, index: int) -> None:
        new = NewStory(village_code=VILLAGE, title=f"打枣{index}", text="秋天打枣，全村人都上山。" * 3)
        await write_story(conn, shopping.seal, shopping.buyer, new, now=NOW)

    monkeypatch.setattr("market.villages.content.stories.MAX_OPEN_STORIES", LIMIT)
    monkeypatch.setattr("market.cases.answers.inquiries.MAX_OPEN_INQUIRIES", LIMIT)
    monkeypatch.setattr("market.privacy.requests.MAX_OPEN_REQUESTS", LIMIT)
    monkeypatch.setattr("market.villages.content.reports.MAX_OPEN_REPORTS", LIMIT)
    for attempt in (ask, request, report, write):
        assert await race(shopping, attempt, scope=get_person_scope(shopping.buyer)) == LIMIT, attempt


async def test_coupons_vouchers_and_favourites(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.catalogue.favourites.keep.MAX_FAVOURITES", LIMIT)
    async with shopping.db.transaction() as conn:
        staff = await make_platform_staff(conn)
        products = [await make_product(conn) for _ in range(AT_ONCE)]
        producer_id = products[0].producer_id
        owner = await load_owner(conn, producer_id)
        coupon = await make_coupon(conn, quota=LIMIT, per_person=1)
        buyers = [await load_actor(conn, await make_account(conn)) for _ in range(AT_ONCE)]
        numbers = [
            await conn.fetchval("SELECT number FROM listings WHERE id = $1", each.listing_id) for each in products
        ]
    monkeypatch.setattr("market.sales.coupons.manage.MAX_OPEN_COUPONS", LIMIT)

    async def of_producer(conn: Connection, index: int) -> None:
        await create_producer_coupon(conn, owner, producer_id, new_coupon(name=f"满减{index}"), now=NOW)

    async def of_platform(conn: Connection, index: int) -> None:
        await create_coupon(conn, staff, new_coupon(name=f"满减{index}"), now=NOW)

    async def claim(conn: Connection, index: int) -> None:
        await claim_voucher(conn, buyers[index], number=coupon.number, now=NOW)

    async def keep(conn: Connection, index: int) -> None:
        await add_favourite(conn, shopping.buyer.account_id, FavouriteKind.LISTING, numbers[index], now=NOW)

    assert await race(shopping, of_producer) == LIMIT
    assert await race(shopping, of_platform) == LIMIT - 1
    assert await race(shopping, claim) == LIMIT
    assert await race(shopping, keep) == LIMIT


async def test_what_a_shop_offers(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.catalogue.listings.edit.MAX_LIVE_LISTINGS", LIMIT)
    monkeypatch.setattr("market.catalogue.listings.more_packs.MAX_PACKS", 1 + LIMIT)
    monkeypatch.setattr("market.catalogue.listings.terms.MAX_SEASONS", 1 + LIMIT)
    monkeypatch.setattr("market.catalogue.producers.apply.MAX_CERTIFICATES", LIMIT)
    async with shopping.db.transaction() as conn:
        first = await make_product(conn)
        producer_id = first.producer_id
        products = [await make_product(conn, producer_id) for _ in range(AT_ONCE)]
        stay = await make_stay(conn)
        owner, host = await load_owner(conn, producer_id), await load_owner(conn, stay.producer_id)
        async with as_owner(conn):
            await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE producer_id = $1", producer_id)
            await conn.execute("DELETE FROM certificates WHERE producer_id = $1", producer_id)

    async def relist(conn: Connection, index: int) -> None:
        await move_listing(conn, owner, products[index].listing_id, ListingMove.RELIST, now=NOW)

    async def pack(conn: Connection, index: int) -> None:
        new = NewPack(unit=f"{index + 2}斤箱", price_fen=Fen(10_00), quantity=5)
        await add_pack(conn, owner, first.listing_id, new, now=NOW)

    async def season(conn: Connection, index: int) -> None:
        new = NewSeason(first=date(2019, 11, 1 + 2 * index), until=date(2019, 11, 2 + 2 * index), price_fen=Fen(100_00))
        await set_season(conn, host, stay.listing_id, new, now=NOW)

    async def certificate(conn: Connection, index: int) -> None:
        claim = CertificateClaim(kind=CertificateKind.IDENTITY, number=f"13062419900101000{index}")
        await add_certificate(conn, shopping.seal, owner, ProducerId(producer_id), claim, now=NOW)

    assert await race(shopping, relist) == LIMIT
    assert await race(shopping, pack) == LIMIT
    assert await race(shopping, season) == LIMIT
    assert await race(shopping, certificate) == LIMIT


async def test_packages_of_a_shop(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.sales.packages.compose.MAX_OPEN_PACKAGES", LIMIT)
    async with shopping.db.transaction() as conn:
        made = await make_households(conn)
    new = make_new_package(
        tuple(each.variant_id for each in made["stays"]), made["activity"].variant_id, made["product"].variant_id
    )

    async def compose(conn: Connection, index: int) -> None:
        await compose_package(conn, shopping.seal, made["guide"], replace(new, title=f"去摘枣{index}"), now=NOW)

    assert await race(shopping, compose) == LIMIT


async def test_guests_of_a_room(shopping: Shopping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("market.sales.visits.guest_register.MAX_STAY_GUESTS", LIMIT)
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
        host = await load_owner(conn, stay.producer_id)
    nights = make_october_nights(stay.listing_id)
    await shopping.pay(await shopping.place(nights=[nights]))
    async with shopping.db.connection() as conn:
        booking_id = await conn.fetchval("SELECT id FROM bookings")

    async def register(conn: Connection, index: int) -> None:
        guest = NewStayGuest(name="样例客", document=GuestDocument.PASSPORT, number=f"E1234567{index}")
        arrival = NOW.replace(year=nights.arrive_on.year, month=nights.arrive_on.month, day=nights.arrive_on.day)
        await register_guest(conn, shopping.seal, host, booking_id, guest, now=arrival)

    assert await race(shopping, register) == LIMIT


async def test_codes_of_a_network(shopping: Shopping) -> None:
    limits = CodeLimits(per_phone=9, per_network=LIMIT, per_day=99)

    async def code(conn: Connection, _: int) -> None:
        await request_code(conn, shopping.seal, limits, phone=make_phone(), network="192.0.2.1", now=NOW)

    assert await race(shopping, code) == LIMIT


async def test_accounts_that_are_entered_while_the_provider_rejects_them(
    shopping: Shopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that waits counts what the others entered, also an account that was rejected meanwhile."""
    monkeypatch.setattr("market.sales.payouts.account.MAX_ENTRIES", 1)
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        owner = await load_owner(conn, product.producer_id)
    outcomes = await asyncio.gather(
        *(
            enter_payout_account(
                shopping.db, shopping.gateway, shopping.seal, owner, product.producer_id, kind=AccountKind.BANK,
                number="6222000000000123456"[:-1] + str(index), now=NOW,
            )
            for index in range(AT_ONCE)
        ),
        return_exceptions=True,
    )  # fmt: skip
    assert sorted({type(each).__name__ for each in outcomes}) == ["PayoutAccount", "TooManyAccountChanges"]
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM payout_accounts") == 1


async def test_a_question_that_was_asked_while_another_waited_is_counted(world: CaseWorld) -> None:
    case = await world.open()

    async def ask_and_supply(conn: Connection) -> None:
        for move, by in ((CaseMove.ASK, world.seller), (CaseMove.SUPPLY, world.asker)):
            await move_case(
                conn, world.seal, await lock_case(conn, case.id), move, by=by, reason="哪一层烂了？", now=NOW
            )

    scope = get_person_scope(world.asker)
    async with world.db.transaction(scope=scope) as conn:
        await ask_and_supply(conn)

    async def count() -> int:
        async with world.db.transaction(scope=scope) as conn:
            return (await lock_case(conn, case.id)).questions

    async with world.db.transaction(scope=scope) as conn:
        await ask_and_supply(conn)
        waiting: Awaitable[int] = asyncio.create_task(count())
        await asyncio.sleep(0.1)
    assert await waiting == 2
