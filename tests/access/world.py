"""The world of the access matrix: two counties, in each a producer with orders and a month of subsidies.

Every id and number that an address or a body may name is in `World.ids`; the twin of the other county is under the
same name with `other_` before it.
"""

import io
from datetime import timedelta
from uuid import UUID

from msgspec import Struct
from PIL import Image

from market.aftersales import confirm_receipt, ship_suborder
from market.identity import AccountId, sign_in_without_code
from market.identity.actors import hash_token
from market.kernel import Connection, Database
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.orders import (
    Address,
    Batcher,
    Line,
    ListingId,
    Nights,
    OrderView,
    Placed,
    VariantId,
    place,
    put_lines,
    put_nights,
    seal_address,
)
from market.settings import Settings
from market.storage import Files, Purpose, add_photo, open_files, prepare_photo
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.access.people import COUNTY, COUNTY_ELSEWHERE, ELSEWHERE, NO_FACTOR, STAFF, make_visitors
from tests.access.subsidies_elsewhere import (
    HOUSEHOLD_ELSEWHERE,
    LINE_ELSEWHERE,
    PERSON_ELSEWHERE,
    make_subsidies_elsewhere,
)
from tests.factories import (
    VILLAGE,
    VILLAGE_ELSEWHERE,
    a_certificate,
    a_freight_template,
    a_producer,
    a_product,
    a_stay,
    since,
    the_actor,
)
from tests.shopping import Shopping
from tests.web.desk.county import NOW, make_people, take_files, take_january

TODAY = day_of(NOW)
A_DAY = timedelta(days=1)
HIDDEN = "下架的货"
STREET, OTHER_STREET = "样例甲路 1 号", "样例乙路 2 号"


class World(Struct, frozen=True):
    """Ids by name, the accounts and sessions of the visitors, and who alone may read which words."""

    ids: dict[str, str]
    accounts: dict[str, AccountId]
    tokens: dict[str, str | None]
    secrets: dict[str, frozenset[str]]


class _Farm(Struct, frozen=True):
    """What a producer has."""

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


def a_picture(shade: int) -> bytes:
    """A small photo that differs with its shade."""
    out = io.BytesIO()
    Image.new("RGB", (32, 24), (shade, 90, 40)).save(out, "JPEG")
    return out.getvalue()


async def a_world(db: Database, seal: Seal, settings: Settings, *, gateway: Stripe, sandbox: Sandbox) -> World:
    """Fill an empty market with everything that an address can name, and sign everyone in."""
    people = await make_people(db)
    await take_files(db, seal, people)
    await take_january(db, people, until="findings")
    async with db.transaction() as conn:
        accounts = await make_visitors(conn)
        accounts |= {duty: people.actors[handle].account_id for duty, handle in STAFF.items()}
        importer = await the_actor(conn, accounts[ELSEWHERE])
        policy = await the_actor(conn, accounts["policy_elsewhere"])
    await make_subsidies_elsewhere(db, seal, importer, policy)
    files = open_files(settings.storage_url)
    async with db.transaction() as conn:
        own = await _a_farm(conn, accounts["farmer"], VILLAGE, "样例革新庄枣园")
        other = await _a_farm(conn, accounts["other_farmer"], VILLAGE_ELSEWHERE, "样例尚义莜麦园")
        applied = await a_producer(conn, owner=accounts["applicant"], state="applied", name="样例申请的家", now=NOW)
        applied_elsewhere = await a_producer(
            conn, owner=accounts["other_applicant"], village=VILLAGE_ELSEWHERE, state="applied", name="样例申请的店",
            now=NOW,
        )  # fmt: skip
        claimed = await a_certificate(conn, own.producer_id, "licence", verified=False, now=NOW)
        yesterday = TODAY - A_DAY
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', $4), ($1, $3, 'helper', daterange($5, $6))",
            own.producer_id, accounts["helper"], accounts["former_helper"], since(), yesterday - A_DAY, yesterday,
        )  # fmt: skip
    ids = {
        "county": COUNTY, "other_county": COUNTY_ELSEWHERE, "month": "2019-01", "quarter": "2019Q1", "line": "YD-02",
        "other_line": LINE_ELSEWHERE, "applied": str(applied), "other_applied": str(applied_elsewhere),
        "claimed": str(claimed), "later": str(TODAY + 20 * A_DAY), "after_later": str(TODAY + 21 * A_DAY),
        "nobody": "01a212c7-28a9-7f00-b2ed-2f4e5ab8cde5",
    }  # fmt: skip
    for prefix, farm in (("", own), ("other_", other)):
        ids |= {f"{prefix}{name}": str(getattr(farm, name)) for name in _Farm.__struct_fields__}
    shop = _Shop(db, seal, gateway, sandbox)
    ids |= await shop.orders_of(accounts["buyer"], accounts["farmer"], own, STREET)
    theirs = await shop.orders_of(accounts["other_buyer"], accounts["other_farmer"], other, OTHER_STREET)
    ids |= {f"other_{name}": value for name, value in theirs.items()}
    async with db.transaction() as conn:
        ids |= await _uploads(conn, files, accounts["farmer"], own, shade=10, prefix="")
        ids |= await _uploads(conn, files, accounts["other_farmer"], other, shade=110, prefix="other_")
        ids |= await _numbers(conn, ids)
    tokens = await _sign_in(db, accounts)
    ids |= await _second_devices(db, accounts)
    return World(ids, accounts, tokens, _secrets(ids))


async def _a_farm(conn: Connection, owner: AccountId, village: str, name: str) -> _Farm:
    producer = await a_producer(conn, owner=owner, village=village, name=name, now=NOW)
    await a_freight_template(conn, producer)
    product = await a_product(conn, producer, title=f"{name}的枣", left=500, now=NOW)
    stay = await a_stay(conn, producer, title=f"{name}的客房", rooms=9, now=NOW)
    certificate = await a_certificate(conn, producer, "homestay_permit", now=NOW)
    spare = await a_product(conn, producer, title=f"{name}的核桃", category="nut", now=NOW)
    hidden = await a_product(conn, producer, title=f"{name}{HIDDEN}", state="withdrawn", now=NOW)
    return _Farm(
        producer, product.listing_id, product.variant_id, product.lot_id, stay.listing_id, stay.room_ids[0],
        certificate, spare.listing_id, hidden.listing_id, hidden.variant_id,
    )  # fmt: skip


class _Shop(Struct, frozen=True):
    """What buying needs."""

    db: Database
    seal: Seal
    gateway: Stripe
    sandbox: Sandbox

    async def place(self, buyer: AccountId, farm: _Farm, nights: list[Nights], street: str) -> Placed:
        """Place an order of two units, and of nights where some are given."""
        address = seal_address(self.seal, Address("样例收件人", "13900009001", "130100", street))
        lines = [Line(VariantId(farm.variant_id), 2)]
        async with Batcher(self.db) as batcher:
            return await place(batcher, buyer, lines, nights=nights, address=address, now=NOW)

    async def orders_of(self, buyer: AccountId, farmer: AccountId, farm: _Farm, street: str) -> dict[str, str]:
        """Place the orders that the moves of an order begin from, and leave a full cart."""
        async with self.db.transaction() as conn:
            who = await the_actor(conn, buyer)
            seller = await the_actor(conn, farmer, second_factor=False)
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
            await put_lines(conn, buyer, [Line(VariantId(farm.variant_id), 3)], now=NOW)
            await put_nights(conn, buyer, [night], now=NOW)
        ids: dict[str, str] = {}
        for name, placed in (
            ("", paid), ("shipped_", shipped), ("received_", received), ("refundable_", refundable),
            ("unpaid_", unpaid),
        ):  # fmt: skip
            ids |= _named(name, await shopping.see(placed))
        return ids


def _named(prefix: str, order: OrderView) -> dict[str, str]:
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


async def _uploads(
    conn: Connection, files: Files, owner: AccountId, farm: _Farm, *, shade: int, prefix: str
) -> dict[str, str]:
    """Keep a photo that a listing shows, one that waits, and one of a certificate."""
    shown = await prepare_photo(files, a_picture(shade), Purpose.LISTING)
    waiting = await prepare_photo(files, a_picture(shade + 20), Purpose.LISTING)
    private = await prepare_photo(files, a_picture(shade + 40), Purpose.CERTIFICATE)
    shown_id, waiting_id, private_id = [
        await add_photo(conn, owner, each, now=NOW) for each in (shown, waiting, private)
    ]
    await conn.execute("UPDATE listings SET photo_id = $1 WHERE id = $2", shown_id, farm.listing_id)
    await conn.execute("UPDATE certificates SET photo_id = $1 WHERE id = $2", private_id, farm.certificate_id)
    return {
        f"{prefix}photo_id": str(private_id),
        f"{prefix}shown_photo_id": str(shown_id),
        f"{prefix}waiting_photo_id": str(waiting_id),
        f"{prefix}shown_photo": f"{shown.sha256.hex()[:40]}-480.webp",
        f"{prefix}waiting_photo": f"{waiting.sha256.hex()[:40]}-480.webp",
    }


async def _numbers(conn: Connection, ids: dict[str, str]) -> dict[str, str]:
    """Return the short numbers of the listings, as addresses of pages name them."""
    found: dict[str, str] = {}
    for name in ("listing", "stay", "hidden", "other_listing", "other_stay", "other_hidden"):
        number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", UUID(ids[f"{name}_id"]))
        found[f"{name}_number"] = str(number)
    return found


async def _sign_in(db: Database, accounts: dict[str, AccountId]) -> dict[str, str | None]:
    async with db.transaction() as conn:
        return {
            name: (await sign_in_without_code(conn, account, now=NOW, second_factor=name != NO_FACTOR)).token
            for name, account in accounts.items()
        }


async def _second_devices(db: Database, accounts: dict[str, AccountId]) -> dict[str, str]:
    """Sign two people in on another device each, which they may end and others may not."""
    found: dict[str, str] = {}
    async with db.transaction() as conn:
        for name, who in (("session_id", "buyer"), ("other_session_id", "other_buyer")):
            signed = await sign_in_without_code(conn, accounts[who], now=NOW, second_factor=False)
            session_id = "SELECT id FROM sessions WHERE token_hash = $1"
            found[name] = str(await conn.fetchval(session_id, hash_token(signed.token)))
    return found


def _secrets(ids: dict[str, str]) -> dict[str, frozenset[str]]:
    """Return words that only some may read, with those: anyone else finds them in no answer at all.

    They are long enough that no nonce or id holds one by chance.
    """
    county = frozenset({*STAFF})
    return {
        ids["code"]: frozenset({"buyer"}),
        ids["other_code"]: frozenset({"other_buyer"}),
        ids["waiting_photo"].partition("-")[0]: frozenset(),
        ids["other_waiting_photo"].partition("-")[0]: frozenset(),
        STREET: frozenset({"buyer", "farmer", "helper"}),
        OTHER_STREET: frozenset({"other_buyer", "other_farmer"}),
        f"样例革新庄枣园{HIDDEN}": frozenset({"farmer", "helper", *county, "platform"}),
        f"样例尚义莜麦园{HIDDEN}": frozenset({"other_farmer", ELSEWHERE, "platform"}),
        "样例钱*": county | {"part"},
        f"{PERSON_ELSEWHERE[:3]}*": frozenset({ELSEWHERE}),
        HOUSEHOLD_ELSEWHERE: frozenset({ELSEWHERE}),
        LINE_ELSEWHERE: frozenset({ELSEWHERE}),
    }
