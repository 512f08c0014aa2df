"""Export what the market holds about an account. Source: Personal Information Protection Law, article 45."""

from collections import defaultdict
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import list_case_events
from market.cases.casework.moves import TEXT_CONTEXT
from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.audit.record import add_audit_entry
from market.people.identity.models import AccountId, NotFound
from market.people.identity.sign_in import PHONE_CONTEXT
from market.privacy.looks import list_looks
from market.privacy.models import (
    PersonalAccount,
    PersonalCase,
    PersonalData,
    PersonalDevice,
    PersonalFavourite,
    PersonalFilter,
    PersonalMessage,
    PersonalOrder,
    PersonalOrderLine,
    PersonalOrganisation,
    PersonalPackage,
    PersonalParcel,
    PersonalPayoutAccount,
    PersonalPublicUnit,
    PersonalPurchase,
    PersonalRecord,
    PersonalReview,
    PersonalSeat,
    PersonalShop,
    PersonalStayGuests,
    PersonalStory,
    PersonalVoucher,
)
from market.privacy.own_consents import list_given_consents
from market.privacy.requests import list_data_requests
from market.sales.conversations.write import TEXT_CONTEXT as MESSAGE_CONTEXT
from market.sales.invoices.own import list_own_invoices
from market.sales.orders.address import open_address
from market.subsidies.clawbacks.appeals import list_own_clawbacks
from market.subsidies.intake.views import list_own_applications
from market.villages.benefits.views import list_own_benefits
from market.villages.content.reports import list_own_reports
from market.villages.services.applications import list_own_applications as list_job_applications
from market.villages.services.models import OwnSeat
from market.villages.services.seats import list_own_seats

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MAX_ROWS = 100_000
"""The largest number of rows of each kind; a person has fewer."""


class _StoredCase(Struct, frozen=True, kw_only=True):
    id: UUID
    number: int
    name: str
    state: str
    received_at: datetime
    text_sealed: bytes
    photo_ids: list[UUID]


class _StoredMessage(Struct, frozen=True, kw_only=True):
    order_number: int
    at: datetime
    text_sealed: bytes | None
    photo_ids: list[UUID]


class _StoredAccount(Struct, frozen=True):
    name: str
    phone_sealed: bytes | None
    elder: bool
    created_at: datetime


class _StoredOrder(Struct, frozen=True, kw_only=True):
    number: int
    state: str
    placed_at: datetime
    total_fen: Fen
    address_sealed: bytes


class _StoredLine(Struct, frozen=True):
    number: int
    title: str
    unit: str
    quantity: int
    amount_fen: Fen


GET_STORED_ACCOUNT = Query(
    _StoredAccount,
    "SELECT name, phone_sealed, elder, created_at FROM accounts WHERE id = :account_id AND closed_at IS NULL",
)
LIST_DEVICES = Query(
    PersonalDevice,
    """
    SELECT device, created_at, seen_at FROM sessions WHERE account_id = :account_id
     ORDER BY created_at DESC LIMIT :limit
    """,
)
LIST_STORED_ORDERS = Query(
    _StoredOrder,
    """
    SELECT number, state, placed_at, total_fen, address_sealed FROM orders WHERE buyer_id = :account_id
     ORDER BY number DESC LIMIT :limit
    """,
)
LIST_STORED_LINES = Query(
    _StoredLine,
    """
    SELECT number, title, unit, quantity, amount_fen
      FROM orders
      JOIN suborders ON order_id = orders.id
      JOIN order_lines ON suborder_id = suborders.id
     WHERE buyer_id = :account_id
     ORDER BY number DESC, suborders.position, order_lines.position LIMIT :limit
    """,
)
LIST_REGISTERED_STAYS = Query(
    PersonalStayGuests,
    """
    SELECT number AS order_number, count(*)::integer AS guests, max(delete_on) AS delete_on
      FROM orders
      JOIN suborders ON order_id = orders.id
      JOIN bookings ON bookings.suborder_id = suborders.id
      JOIN stay_guests ON booking_id = bookings.id
     WHERE buyer_id = :account_id
     GROUP BY number ORDER BY number DESC LIMIT :limit
    """,
)
LIST_WRITTEN_REVIEWS = Query(
    PersonalReview,
    """
    SELECT title, rating, text, at,
           ARRAY(SELECT v.text FROM review_versions v
                  WHERE v.review_id = reviews.id ORDER BY v.id LIMIT 100) AS earlier,
           ARRAY(SELECT photo_id FROM review_photos p WHERE p.review_id = reviews.id ORDER BY photo_id) AS photo_ids
      FROM reviews JOIN listings ON listings.id = listing_id
     WHERE account_id = :account_id
     ORDER BY at DESC LIMIT :limit
    """,
)
LIST_STORED_CASES = Query(
    _StoredCase,
    """
    SELECT cases.id, number, name, state, received_at, text_sealed,
           ARRAY(SELECT photo_id FROM claim_photos WHERE case_id = cases.id
                  UNION
                 SELECT photo_id FROM questions WHERE case_id = cases.id AND photo_id IS NOT NULL
                 ORDER BY photo_id) AS photo_ids
      FROM cases JOIN case_categories ON code = category AND valid_during @> lower(received_during)
     WHERE asker_id = :account_id
     ORDER BY number DESC LIMIT :limit
    """,
)
LIST_STORED_MESSAGES = Query(
    _StoredMessage,
    """
    SELECT orders.number AS order_number, m.at, m.text_sealed,
           ARRAY(SELECT photo_id FROM conversation_photos p
                  WHERE (p.suborder_id, p.position) = (m.suborder_id, m.position) ORDER BY ordinal) AS photo_ids
      FROM conversation_messages m
      JOIN suborders ON suborders.id = m.suborder_id
      JOIN orders ON orders.id = order_id
     WHERE account_id = :account_id
     ORDER BY m.at DESC LIMIT :limit
    """,
)
LIST_SHOPS = Query(
    PersonalShop,
    """
    SELECT name, state, applied_at, produce FROM producers
     WHERE applied_by = :account_id
        OR id IN (SELECT producer_id FROM producer_members WHERE account_id = :account_id)
     ORDER BY number LIMIT :limit
    """,
)
LIST_ENTERED_ACCOUNTS = Query(
    PersonalPayoutAccount,
    """
    SELECT producers.name AS producer, payout_accounts.kind, holder, number_tail AS tail, payout_accounts.state,
           entered_at
      FROM payout_accounts JOIN producers ON producers.id = producer_id
     WHERE entered_by = :account_id
     ORDER BY payout_accounts.id DESC LIMIT :limit
    """,
)
LIST_CLAIMED_VOUCHERS = Query(
    PersonalVoucher,
    """
    SELECT name, amount_fen, claimed_at FROM vouchers JOIN coupons ON coupons.id = coupon_id
     WHERE account_id = :account_id
     ORDER BY vouchers.id DESC LIMIT :limit
    """,
)
LIST_KEPT_FAVOURITES = Query(
    PersonalFavourite,
    """
    SELECT CASE WHEN listing_id IS NULL THEN 'producer' ELSE 'listing' END AS kind,
           coalesce(listings.title, producers.name) AS name, added_at
      FROM favourites
      LEFT JOIN listings ON listings.id = listing_id
      LEFT JOIN producers ON producers.id = favourites.producer_id
     WHERE account_id = :account_id
     ORDER BY favourites.id DESC LIMIT :limit
    """,
)
LIST_KEPT_FILTERS = Query(
    PersonalFilter,
    """
    SELECT page, name, saved_at FROM saved_filters WHERE account_id = :account_id ORDER BY saved_at DESC LIMIT :limit
    """,
)
LIST_PARCELS_OF_BUYER = Query(
    PersonalParcel,
    """
    SELECT orders.number AS order_number, carrier, tracking, shipped_at, received_at, p.name AS pickup_point,
           arrived_at, collected_at,
           coalesce((SELECT jsonb_agg(jsonb_build_object('at', happened_at, 'step', step, 'detail', detail)
                                      ORDER BY happened_at)
                       FROM (SELECT * FROM tracking_facts f WHERE f.suborder_id = suborders.id
                              ORDER BY happened_at LIMIT 200) AS told), '[]') AS facts
      FROM orders
      JOIN suborders ON order_id = orders.id
      LEFT JOIN pickups ON pickups.suborder_id = suborders.id
      LEFT JOIN pickup_points p ON p.id = point_id
     WHERE buyer_id = :account_id AND kind = 'goods' AND (shipped_at IS NOT NULL OR point_id IS NOT NULL)
     ORDER BY orders.number DESC, suborders.position LIMIT :limit
    """,
)
LIST_PUBLIC_UNITS = Query(
    PersonalPublicUnit,
    """
    SELECT name AS unit_name, credit_code, ends_on, b.verified_at, duty
      FROM public_buyers b JOIN organisations ON organisations.id = organisation_id
     WHERE account_id = :account_id
     ORDER BY b.verified_at LIMIT :limit
    """,
)
LIST_PURCHASES = Query(
    PersonalPurchase,
    """
    SELECT o.number, u.name AS unit,
           array_remove(ARRAY[CASE WHEN requested_by = :account_id THEN 'request' END,
                              CASE WHEN approved_by = :account_id THEN 'approve' END,
                              CASE WHEN signed_by = :account_id THEN 'sign' END,
                              CASE WHEN delivered_by = :account_id THEN 'deliver' END,
                              CASE WHEN accepted_by = :account_id THEN 'accept' END,
                              CASE WHEN ended_by = :account_id THEN 'end' END], NULL) AS steps,
           CASE WHEN ended_by = :account_id THEN reason END AS reason
      FROM procurements p JOIN orders o ON o.id = order_id JOIN organisations u ON u.id = organisation_id
     WHERE :account_id IN (requested_by, approved_by, signed_by, delivered_by, accepted_by, ended_by)
     ORDER BY requested_at LIMIT :limit
    """,
)
LIST_ORGANISATIONS = Query(
    PersonalOrganisation,
    """
    SELECT name, credit_code, role, applied_at,
           ARRAY(SELECT valid_during::text FROM company_accounts c
                  WHERE c.account_id = m.account_id AND c.organisation_id = m.organisation_id
                  ORDER BY valid_during) AS buying
      FROM organisation_members m JOIN organisations ON organisations.id = organisation_id
     WHERE account_id = :account_id
     ORDER BY applied_at LIMIT :limit
    """,
)
LIST_PACKAGES = Query(
    PersonalPackage,
    """
    SELECT title, 'composed' AS role, state, created_at AS at FROM packages WHERE created_by = :account_id
    UNION ALL
    SELECT DISTINCT title, 'answered', s.state, decided_at
      FROM package_suppliers s JOIN packages ON packages.id = package_id
     WHERE decided_by = :account_id AND created_by <> :account_id
     ORDER BY at DESC LIMIT :limit
    """,
)
LIST_STORIES = Query(
    PersonalStory,
    """
    SELECT title, text, state, written_at, author_id <> :account_id AS shown FROM stories s
     WHERE author_id = :account_id
        OR EXISTS (SELECT FROM story_people p WHERE p.story_id = s.id AND p.account_id = :account_id)
     ORDER BY written_at DESC LIMIT :limit
    """,
)
LIST_RECORDS = Query(
    PersonalRecord,
    """
    SELECT at, action, object FROM audit_entries WHERE actor = :account_id::uuid::text
     ORDER BY at DESC LIMIT :limit
    """,
)


async def export_personal_data(
    conn: Connection, seal: Seal, account_id: AccountId, *, by: str, now: datetime
) -> PersonalData:
    """Return what the market holds about an open account, and record who took it. The caller checks who asks.

    The transaction has the scope of the person (`get_person_scope`), without which it shows no cases.

    Raises:
        NotFound: the account is unknown or closed.
    """
    data = await load_personal_data(conn, seal, account_id)
    await add_audit_entry(conn, actor=by, action="account.export", object=f"account:{account_id}", detail={}, now=now)
    return data


def _describe_seat(seat: OwnSeat) -> PersonalSeat:
    slot = seat.slot
    return build_from(
        PersonalSeat, seat, title=slot.title, host=slot.host, village=slot.village, starts_at=slot.starts_at
    )


def _open_account(seal: Seal, stored: _StoredAccount) -> PersonalAccount:
    phone = seal.open(stored.phone_sealed, PHONE_CONTEXT) if stored.phone_sealed else None
    return PersonalAccount(stored.name, phone, stored.elder, stored.created_at)


async def _list_orders(conn: Connection, seal: Seal, account_id: AccountId) -> list[PersonalOrder]:
    lines: dict[int, list[PersonalOrderLine]] = defaultdict(list)
    for line in await LIST_STORED_LINES.all(conn, account_id=account_id, limit=MAX_ROWS):
        lines[line.number].append(PersonalOrderLine(line.title, line.unit, line.quantity, line.amount_fen))
    return [
        build_from(PersonalOrder, order, address=open_address(seal, order.address_sealed), lines=lines[order.number])
        for order in await LIST_STORED_ORDERS.all(conn, account_id=account_id, limit=MAX_ROWS)
    ]


async def load_personal_data(conn: Connection, seal: Seal, account_id: AccountId) -> PersonalData:
    """Return what the market holds about an open account, to show it to its owner.

    Raises:
        NotFound: the account is unknown or closed.
    """
    stored = await GET_STORED_ACCOUNT.maybe(conn, account_id=account_id)
    if stored is None:
        raise NotFound
    return PersonalData(
        account=_open_account(seal, stored),
        devices=await LIST_DEVICES.all(conn, account_id=account_id, limit=MAX_ROWS),
        orders=await _list_orders(conn, seal, account_id),
        cases=[
            build_from(
                PersonalCase,
                case,
                text=seal.open(case.text_sealed, TEXT_CONTEXT),
                events=await list_case_events(conn, seal, case.id),
            )
            for case in await LIST_STORED_CASES.all(conn, account_id=account_id, limit=MAX_ROWS)
        ],
        messages=[
            build_from(
                PersonalMessage,
                each,
                text=seal.open(each.text_sealed, MESSAGE_CONTEXT) if each.text_sealed else "",
            )
            for each in await LIST_STORED_MESSAGES.all(conn, account_id=account_id, limit=MAX_ROWS)
        ],
        invoices=await list_own_invoices(conn, seal, account_id, limit=MAX_ROWS),
        stays=await LIST_REGISTERED_STAYS.all(conn, account_id=account_id, limit=MAX_ROWS),
        reviews=await LIST_WRITTEN_REVIEWS.all(conn, account_id=account_id, limit=MAX_ROWS),
        shops=await LIST_SHOPS.all(conn, account_id=account_id, limit=MAX_ROWS),
        payout_accounts=await LIST_ENTERED_ACCOUNTS.all(conn, account_id=account_id, limit=MAX_ROWS),
        vouchers=await LIST_CLAIMED_VOUCHERS.all(conn, account_id=account_id, limit=MAX_ROWS),
        saved_filters=await LIST_KEPT_FILTERS.all(conn, account_id=account_id, limit=MAX_ROWS),
        favourites=await LIST_KEPT_FAVOURITES.all(conn, account_id=account_id, limit=MAX_ROWS),
        parcels=await LIST_PARCELS_OF_BUYER.all(conn, account_id=account_id, limit=MAX_ROWS),
        organisations=await LIST_ORGANISATIONS.all(conn, account_id=account_id, limit=MAX_ROWS),
        public_units=await LIST_PUBLIC_UNITS.all(conn, account_id=account_id, limit=MAX_ROWS),
        purchases=await LIST_PURCHASES.all(conn, account_id=account_id, limit=MAX_ROWS),
        packages=await LIST_PACKAGES.all(conn, account_id=account_id, limit=MAX_ROWS),
        benefits=await list_own_benefits(conn, account_id, limit=MAX_ROWS),
        decisions=await list_own_clawbacks(conn, seal, account_id, day=None),
        applications=await list_own_applications(conn, seal, account_id, limit=MAX_ROWS),
        seats=[
            _describe_seat(each) for each in await list_own_seats(conn, seal, account_id, now=LONG_AGO, limit=MAX_ROWS)
        ],
        job_applications=await list_job_applications(conn, account_id, limit=MAX_ROWS),
        consents=await list_given_consents(conn, seal, account_id),
        requests=await list_data_requests(conn, seal, account_id, limit=MAX_ROWS),
        looks=await list_looks(conn, account_id),
        stories=await LIST_STORIES.all(conn, account_id=account_id, limit=MAX_ROWS),
        reports=await list_own_reports(conn, seal, account_id, limit=MAX_ROWS),
        records=await LIST_RECORDS.all(conn, account_id=account_id, limit=MAX_ROWS),
    )
