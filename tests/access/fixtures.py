"""The fixtures of the access table: two counties, each with a producer, orders and a subsidy month.

`AccessFixtures.ids` contains every id and number that a path or a body may name; the counterpart of the other county
has the same name with the prefix `other_`.
"""

import io
from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from PIL import Image

from market.kernel import Connection, Database
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.actors import hash_token
from market.people.identity.models import AccountId
from market.people.identity.sign_in import sign_in_without_code
from market.people.storage.files import FileStore, open_file_store
from market.people.storage.photos import PhotoPurpose, add_photo, prepare_photo
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.coupons.manage import create_producer_coupon
from market.sales.orders.address import Address, seal_address
from market.sales.orders.cart import put_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.models import Line, ListingId, Nights, PlacedOrder, VariantId
from market.sales.orders.queries import OrderView
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.access.actors import (
    COUNTY,
    COUNTY_OFFICIALS,
    OTHER_COUNTY,
    OTHER_COUNTY_OFFICIAL,
    VILLAGE_SCOPED,
    WITHOUT_SECOND_FACTOR,
    make_accounts,
)
from tests.access.other_county import (
    OTHER_HOUSEHOLD,
    OTHER_LINE,
    OTHER_PERSON,
    make_other_county,
)
from tests.service.web.desk.county import NOW, create_officials, import_story_files, play_january
from tests.support.coupons import new_coupon
from tests.support.make import (
    VILLAGE,
    VILLAGE_OF_OTHER_COUNTY,
    days_since,
    load_actor,
    load_owner,
    make_activity,
    make_certificate,
    make_contact,
    make_freight_template,
    make_producer,
    make_product,
    make_stay,
)
from tests.support.postgres import as_owner
from tests.support.shop import Shopping

TODAY = get_business_day(NOW)
A_DAY = timedelta(days=1)
HIDDEN = "下架的货"
STREET, OTHER_STREET = "样例甲路 1 号", "样例乙路 2 号"


class AccessFixtures(Struct, frozen=True):
    """Ids by name, accounts and session tokens of the actors, and secret words with their readers."""

    ids: dict[str, str]
    accounts: dict[str, AccountId]
    tokens: dict[str, str | None]
    secrets: dict[str, frozenset[str]]


class _Farm(Struct, frozen=True):
    """The rows of one producer."""

    producer_id: UUID
    listing_id: UUID
    variant_id: UUID
    lot_id: UUID
    stay_id: UUID
    room_id: UUID
    certificate_id: UUID
    spare_id: UUID
    hidden_id: UUID
    hidden_variant_id: UUID
    activity_id: UUID
    slot_id: UUID


def make_picture(shade: int) -> bytes:
    """Return a small JPEG of the given shade."""
    out = io.BytesIO()
    Image.new("RGB", (32, 24), (shade, 90, 40)).save(out, "JPEG")
    return out.getvalue()


ADD_TASK = (
    "INSERT INTO tasks (county_code, account_id, second_factor, request_key, input, next_at)"
    ' VALUES ($1, $2, true, \'k\', \'{"kind": "run", "month": "2019-01"}\', \'infinity\') RETURNING id'
)
"""A task that no worker takes up."""
MOBILE_BILL = "SELECT id FROM import_files WHERE county_code = $1 AND operator = 'mobile' ORDER BY id LIMIT 1"
FIRST_FILE = "SELECT id FROM import_files WHERE county_code = $1 ORDER BY id LIMIT 1"


async def make_fixtures(
    db: Database, seal: Seal, settings: Settings, *, gateway: Stripe, sandbox: Sandbox
) -> AccessFixtures:
    """Insert everything that a path can name into an empty database, and sign in every actor."""
    people = await create_officials(db)
    await import_story_files(db, seal, people)
    await play_january(db, people, until="findings")
    async with db.transaction() as conn:
        accounts = await make_accounts(conn)
        accounts |= {duty: people.actors[handle].account_id for duty, handle in COUNTY_OFFICIALS.items()}
        importer = await load_actor(conn, accounts[OTHER_COUNTY_OFFICIAL])
        policy = await load_actor(conn, accounts["other_county_policy"])
    await make_other_county(db, seal, importer, policy)
    files = open_file_store(settings.storage_url)
    async with db.transaction() as conn:
        own = await _make_farm(conn, accounts["farmer"], VILLAGE, "样例革新庄枣园")
        other = await _make_farm(conn, accounts["other_farmer"], VILLAGE_OF_OTHER_COUNTY, "样例尚义莜麦园")
        applied = await make_producer(conn, owner=accounts["applicant"], state="applied", name="样例申请的家", now=NOW)
        applied_elsewhere = await make_producer(
            conn, owner=accounts["other_applicant"], village=VILLAGE_OF_OTHER_COUNTY,
            state="applied", name="样例申请的店",
            now=NOW,
        )  # fmt: skip
        claimed = await make_certificate(conn, own.producer_id, "licence", verified=False, now=NOW)
        indication = await make_certificate(conn, own.producer_id, "geographical_indication", verified=False, now=NOW)
        yesterday = TODAY - A_DAY
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', $4), ($1, $3, 'helper', daterange($5, $6))",
            own.producer_id, accounts["helper"], accounts["former_helper"], days_since(), yesterday - A_DAY, yesterday,
        )  # fmt: skip
    ids = {
        "county": COUNTY, "other_county": OTHER_COUNTY, "month": "2019-01", "quarter": "2019Q1", "line": "YD-02",
        "other_line": OTHER_LINE, "applied": str(applied), "other_applied": str(applied_elsewhere),
        "claimed": str(claimed), "indication": str(indication),
        "later": str(TODAY + 20 * A_DAY), "after_later": str(TODAY + 21 * A_DAY),
        "nobody": "01a212c7-28a9-7f00-b2ed-2f4e5ab8cde5",
    }  # fmt: skip
    for prefix, farm in (("", own), ("other_", other)):
        ids |= {f"{prefix}{name}": str(getattr(farm, name)) for name in _Farm.__struct_fields__}
    shop = _OrderFactory(db, seal, gateway, sandbox)
    ids |= await shop.make_orders(accounts["buyer"], accounts["farmer"], own, STREET)
    theirs = await shop.make_orders(accounts["other_buyer"], accounts["other_farmer"], other, OTHER_STREET)
    ids |= {f"other_{name}": value for name, value in theirs.items()}
    async with db.transaction(scope="130624") as conn:
        ids |= await _upload_photos(conn, files, accounts["farmer"], own, shade=10, prefix="")
        ids |= await _upload_photos(conn, files, accounts["other_farmer"], other, shade=110, prefix="other_")
        ids |= await _read_numbers(conn, ids)
    for prefix, county, village in (("", COUNTY, VILLAGE), ("other_", OTHER_COUNTY, VILLAGE_OF_OTHER_COUNTY)):
        async with db.transaction() as conn:
            ids[f"{prefix}coupon_id"] = str(await _make_coupon(conn, UUID(ids[f"{prefix}producer_id"])))
            ids[f"{prefix}contact_id"] = str(await make_contact(conn, village, "样例站长"))
        async with db.transaction(scope=county) as conn:
            ids[f"{prefix}bill_id"] = str(await conn.fetchval(MOBILE_BILL, county))
            ids[f"{prefix}file_id"] = str(await conn.fetchval(FIRST_FILE, county))
            owner = accounts[OTHER_COUNTY_OFFICIAL if prefix else "importer"]
            ids[f"{prefix}task_id"] = str(await conn.fetchval(ADD_TASK, county, owner))
    async with db.transaction(scope=COUNTY) as conn:
        ids["finding"] = str(await conn.fetchval("SELECT id FROM findings WHERE check_code = 'claim_outside_snapshot'"))
    tokens = await _sign_in(db, accounts)
    ids |= await _sign_in_second_devices(db, accounts)
    return AccessFixtures(ids, accounts, tokens, _list_secrets(ids))


async def _make_coupon(conn: Connection, producer_id: UUID) -> UUID:
    owner = await load_owner(conn, producer_id)
    new = new_coupon(starts_on=TODAY, ends_on=TODAY + A_DAY)
    return (await create_producer_coupon(conn, owner, producer_id, new, now=NOW)).id


async def _make_farm(conn: Connection, owner: AccountId, village: str, name: str) -> _Farm:
    producer = await make_producer(conn, owner=owner, village=village, name=name, now=NOW)
    await make_freight_template(conn, producer)
    product = await make_product(conn, producer, title=f"{name}的枣", left=500, now=NOW)
    stay = await make_stay(conn, producer, title=f"{name}的客房", rooms=9, now=NOW)
    activity = await make_activity(conn, producer, title=f"{name}的采摘", days=[TODAY + 20 * A_DAY], now=NOW)
    certificate = await make_certificate(conn, producer, "homestay_permit", now=NOW)
    spare = await make_product(conn, producer, title=f"{name}的核桃", category="nut", now=NOW)
    hidden = await make_product(conn, producer, title=f"{name}{HIDDEN}", state="withdrawn", now=NOW)
    return _Farm(
        producer, product.listing_id, product.variant_id, product.lot_id, stay.listing_id, stay.room_ids[0],
        certificate, spare.listing_id, hidden.listing_id, hidden.variant_id, activity.listing_id, activity.slot_ids[0],
    )  # fmt: skip


class _OrderFactory(Struct, frozen=True):
    """Places and moves the orders of the fixtures."""

    db: Database
    seal: Seal
    gateway: Stripe
    sandbox: Sandbox

    async def place(self, buyer: AccountId, farm: _Farm, nights: list[Nights], street: str) -> PlacedOrder:
        """Place an order of two items and the given nights."""
        address = seal_address(self.seal, Address("样例收件人", "13900009001", "130100", street))
        lines = [Line(VariantId(farm.variant_id), 2)]
        async with Batcher(self.db) as batcher:
            return await place(batcher, buyer, lines, nights=nights, address=address, now=NOW)

    async def make_orders(self, buyer: AccountId, farmer: AccountId, farm: _Farm, street: str) -> dict[str, str]:
        """Place an order in each state that a case starts from, fill the cart, and return the ids."""
        async with self.db.transaction() as conn:
            who = await load_actor(conn, buyer)
            seller = await load_actor(conn, farmer, second_factor=False)
        shopping = Shopping(self.db, self.seal, self.gateway, self.sandbox, who)
        night = Nights(ListingId(farm.stay_id), TODAY, TODAY + A_DAY)
        paid, shipped, received, refundable, unpaid = [
            await self.place(buyer, farm, [night] if first else [], street)
            for first in (True, False, False, False, False)
        ]
        for placed in (paid, shipped, received, refundable):
            await shopping.pay(placed, now=NOW)
        for placed in (shipped, received, refundable):
            seen = await shopping.see(placed)
            async with self.db.transaction() as conn:
                await ship_suborder(
                    conn, self.seal, seller, seen.suborders[0].id, carrier="邮政", tracking="XA123456789CN", now=NOW
                )
        for placed in (received, refundable):
            async with self.db.transaction() as conn:
                await confirm_receipt(conn, self.seal, who, placed.id, now=NOW)
        async with self.db.transaction() as conn:
            await put_cart(conn, buyer, lines=[Line(VariantId(farm.variant_id), 3)], now=NOW)
            await put_cart(conn, buyer, nights=[night], now=NOW)
        ids: dict[str, str] = {}
        for name, placed in (
            ("", paid), ("shipped_", shipped), ("received_", received), ("refundable_", refundable),
            ("unpaid_", unpaid),
        ):  # fmt: skip
            ids |= _list_order_ids(name, await shopping.see(placed))
        return ids


def _list_order_ids(prefix: str, order: OrderView) -> dict[str, str]:
    goods = next(each for each in order.suborders if not each.bookings)
    ids = {
        f"{prefix}order_id": str(order.id),
        f"{prefix}order": str(order.number),
        f"{prefix}suborder_id": str(goods.id),
        f"{prefix}position": str(goods.position),
        f"{prefix}line_id": str(goods.lines[0].id),
    }
    for stay in (each for each in order.suborders if each.bookings):
        ids |= {
            f"{prefix}stay_suborder_id": str(stay.id),
            f"{prefix}booking_id": str(stay.bookings[0].id),
            f"{prefix}code": stay.bookings[0].code or "",
        }
    return ids


async def _upload_photos(
    conn: Connection, files: FileStore, owner: AccountId, farm: _Farm, *, shade: int, prefix: str
) -> dict[str, str]:
    """Store a photo that a listing shows, one that none shows, and one of a certificate."""
    shown = await prepare_photo(files, make_picture(shade), PhotoPurpose.LISTING)
    unlisted = await prepare_photo(files, make_picture(shade + 20), PhotoPurpose.LISTING)
    private = await prepare_photo(files, make_picture(shade + 40), PhotoPurpose.CERTIFICATE)
    shown_id, unlisted_id, private_id = [
        await add_photo(conn, owner, each, now=NOW) for each in (shown, unlisted, private)
    ]
    async with as_owner(conn):
        await conn.execute("UPDATE listings SET photo_id = $1 WHERE id = $2", shown_id, farm.listing_id)
        await conn.execute("UPDATE certificates SET photo_id = $1 WHERE id = $2", private_id, farm.certificate_id)
    return {
        f"{prefix}photo_id": str(private_id),
        f"{prefix}shown_photo_id": str(shown_id),
        f"{prefix}unlisted_photo_id": str(unlisted_id),
        f"{prefix}shown_photo": f"{shown.sha256.hex()[:40]}-480.webp",
        f"{prefix}unlisted_photo": f"{unlisted.sha256.hex()[:40]}-480.webp",
    }


async def _read_numbers(conn: Connection, ids: dict[str, str]) -> dict[str, str]:
    """Return the public numbers of the listings, which pages use in their paths."""
    numbers: dict[str, str] = {}
    kinds = ("listing", "stay", "hidden", "activity")
    for name in (*kinds, *(f"other_{kind}" for kind in kinds)):
        number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", UUID(ids[f"{name}_id"]))
        numbers[f"{name}_number"] = str(number)
    return numbers


async def _sign_in(db: Database, accounts: dict[str, AccountId]) -> dict[str, str | None]:
    async with db.transaction() as conn:
        return {
            name: (
                await sign_in_without_code(conn, account, now=NOW, second_factor=name != WITHOUT_SECOND_FACTOR)
            ).token
            for name, account in accounts.items()
        }


async def _sign_in_second_devices(db: Database, accounts: dict[str, AccountId]) -> dict[str, str]:
    """Open a second session of each buyer, which only that buyer may revoke."""
    ids: dict[str, str] = {}
    async with db.transaction() as conn:
        for name, who in (("session_id", "buyer"), ("other_session_id", "other_buyer")):
            signed = await sign_in_without_code(conn, accounts[who], now=NOW, second_factor=False)
            session_id = "SELECT id FROM sessions WHERE token_hash = $1"
            ids[name] = str(await conn.fetchval(session_id, hash_token(signed.token)))
    return ids


def _list_secrets(ids: dict[str, str]) -> dict[str, frozenset[str]]:
    """Return secret words with the actors who may read them; no other actor finds them in any response.

    They are long enough not to occur in a nonce or an id by chance.
    """
    county = frozenset({*COUNTY_OFFICIALS})
    return {
        ids["code"]: frozenset({"buyer"}),
        ids["other_code"]: frozenset({"other_buyer"}),
        ids["unlisted_photo"].partition("-")[0]: frozenset(),
        ids["other_unlisted_photo"].partition("-")[0]: frozenset(),
        STREET: frozenset({"buyer", "farmer", "helper"}),
        OTHER_STREET: frozenset({"other_buyer", "other_farmer"}),
        f"样例革新庄枣园{HIDDEN}": frozenset({"farmer", "helper", *county, "platform"}),
        f"样例尚义莜麦园{HIDDEN}": frozenset({"other_farmer", OTHER_COUNTY_OFFICIAL, "platform"}),
        "样例钱*": county | {VILLAGE_SCOPED},
        f"{OTHER_PERSON[:3]}*": frozenset({OTHER_COUNTY_OFFICIAL}),
        OTHER_HOUSEHOLD: frozenset({OTHER_COUNTY_OFFICIAL}),
        OTHER_LINE: frozenset({OTHER_COUNTY_OFFICIAL}),
    }
