"""The farmer's and the buyer's journey over the API, from the first code to the farmer's balance."""

import asyncio
import io
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from PIL import Image

from market.kernel import open_database
from market.kernel.clock import Clock
from market.kernel.database import APP_ROLE
from market.people.identity.models import Role
from market.people.identity.officials import Official, create_official
from tests.journeys.conftest import Town, in_thread, wait_for
from tests.support.make import SEAL, VILLAGE, compute_totp_code, make_phone

ADDRESS = {"name": "样例买家", "phone": "17000009001", "region_code": "130100", "street": "样例路 1 号"}


class Caller:
    """A person's API client: signs in by code, and calls operations by their id."""

    def __init__(self, town: Town, operations: dict[str, tuple[str, str]], phone: str) -> None:
        self.town, self.operations, self.phone = town, operations, phone
        self.http = httpx.Client(base_url=town.url, timeout=30)

    def call(
        self, operation: str, body: object = None, *, status: int = 200, key: str | None = None, **path: object
    ) -> Any:
        """Call an operation and return its response; POST and PUT carry an idempotency key."""
        method, pattern = self.operations[operation]
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        answer = self.http.request(
            method, pattern.format(**{name: str(value) for name, value in path.items()}), json=body, headers=headers
        )
        assert answer.status_code == status, f"{operation}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def sign_in(self, secret: str | None = None) -> "Caller":
        """Sign in with a code read from the messages, and with the second factor if the person has one."""
        self.town.let_a_minute_pass()
        self.call("RequestCode", {"phone": self.phone}, status=201)
        body = {"phone": self.phone, "code": self.town.code(self.phone)}
        factor = {"second_factor": compute_totp_code(secret, Clock().now())} if secret else {}
        signed = self.call("SignIn", body | factor, status=201)
        self.http.headers["Authorization"] = f"Bearer {signed['token']}"
        return self


def officials(town: Town) -> dict[str, tuple[str, Official]]:
    """Create one official of the village and two of the county."""
    roles = {"village": Role.VILLAGE, "county": Role.COUNTY, "another": Role.COUNTY}

    async def make() -> dict[str, tuple[str, Official]]:
        db = await open_database(town.dsn, role=APP_ROLE, max_size=1)
        made: dict[str, tuple[str, Official]] = {}
        async with db.transaction(scope="130624") as conn:
            for name, role in roles.items():
                phone, place = make_phone(), VILLAGE if role is Role.VILLAGE else "130624000000"
                official = await create_official(
                    conn,
                    SEAL,
                    handle=f"api-{name}",
                    name=f"样例{name}",
                    phone=phone,
                    roles=[role],
                    division=place,
                    now=datetime.now(UTC),
                )
                made[name] = (phone, official)
        await db.close()
        return made

    return in_thread(lambda: asyncio.run(make()))


def a_photo() -> bytes:
    """A small JPEG with a location in its metadata, as a phone takes it."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SamplePhone"
    Image.new("RGB", (640, 480), (200, 60, 40)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def test_a_sale_over_the_api_from_sign_in_to_the_farmers_balance(town: Town) -> None:
    operations = _read_operations(town)
    farmer = Caller(town, operations, make_phone()).sign_in()
    upload = farmer.http.post(
        operations["UploadPhoto"][1],
        files={"photo": ("photo.jpg", a_photo(), "image/jpeg")},
        data={"purpose": "listing"},
        headers={"Idempotency-Key": uuid.uuid4().hex},
    )
    assert upload.status_code == 201, upload.text

    applied = _open_homestay(town, operations, farmer)
    product = farmer.call(
        "PublishProduct",
        {
            "title": "样例接口金丝枣", "category": "fruit", "unit": "5斤箱", "price_fen": 4500, "quantity": 20,
            "photo_id": upload.json()["id"],
        },
        status=201,
    )  # fmt: skip
    stay = farmer.call("PublishStay", {"title": "样例接口小院", "rooms": 1, "price_fen": 28000}, status=201)

    buyer = Caller(town, operations, make_phone()).sign_in()
    found = buyer.http.get(operations["SearchListings"][1], params={"q": "金丝枣"}).json()
    assert [item["id"] for item in found["items"]] == [product["listing_id"]]
    assert found["items"][0]["per_kg_fen"] == 1800
    shown = buyer.call("GetProduct", listing_id=product["listing_id"])
    assert shown["listing"]["title"] == "样例接口金丝枣"
    first = Clock().today()
    window = {"arrive": str(first), "leave": str(first + timedelta(days=10))}
    nights = buyer.http.get(operations["GetStayNights"][1].format(listing_id=stay["listing_id"]), params=window).json()
    assert [night["free"] for night in nights] == [1] * 10
    chosen = nights[:2]
    arrive, leave = nights[0]["night"], nights[2]["night"]

    buyer.call("PutCartLine", {"lines": [{"variant_id": product["variant_id"], "quantity": 2}]})
    buyer.call(
        "PutCartNights", {"nights": [{"listing_id": stay["listing_id"], "arrive_on": arrive, "leave_on": leave}]}
    )
    order, paid = _place_and_pay(buyer)
    parcel, booking = paid["suborders"]
    assert sorted(suborder["kind"] for suborder in paid["suborders"]) == ["goods", "stay"]
    if parcel["kind"] != "goods":
        parcel, booking = booking, parcel

    farmer.call("ShipSuborder", {"carrier": "样例快递", "tracking": "SF100001"}, suborder_id=parcel["id"])
    farmer.call("CheckInGuest", {"code": booking["bookings"][0]["code"]})
    buyer.call("ConfirmReceipt", {}, order_id=order["id"])
    buyer.call("WriteReview", {"rating": 5, "text": "样例：枣甜"}, status=201, suborder_id=parcel["id"])
    refund = farmer.call(
        "RefundLine", {"reason": "bad_fruit", "share_bp": 1000}, status=201, line_id=parcel["lines"][0]["id"]
    )
    assert refund["amount_fen"] == 900
    statement = farmer.call("GetStatement", producer_id=applied["id"])
    goods, nights_fen = 2 * 4500, sum(night["price_fen"] for night in chosen)
    owed = goods - goods * 200 // 10_000 + nights_fen - nights_fen * 300 // 10_000 - (900 - 18)
    assert statement["payable_fen"] == owed


def _read_operations(town: Town) -> dict[str, tuple[str, str]]:
    """Return the method and path of each operationId."""
    schema = httpx.get(f"{town.url}/schema/openapi.json", timeout=60).json()
    return {
        operation["operationId"]: (method.upper(), path)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
    }


def _open_homestay(town: Town, operations: dict[str, tuple[str, str]], farmer: Caller) -> Any:
    """Apply as a homestay and take every step of the admission; return the application."""
    applied = farmer.call(
        "ApplyProducer",
        {
            "kind": "homestay", "name": "样例接口农家院", "village_code": VILLAGE, "produce": "大枣、住宿",
            "applicant": "样例农户",
            "certificates": [{"kind": "homestay_permit", "number": "样例-1", "issuer": "样例公安局"}],
        },
        status=201,
    )  # fmt: skip
    made = officials(town)
    for name, step in (("village", "confirm"), ("county", "recommend"), ("another", "approve")):
        phone, official = made[name]
        official_caller = Caller(town, operations, phone).sign_in(official.totp_secret)
        official_caller.call("DecideProducer", {"step": step}, status=201, producer_id=applied["id"])
    return applied


def _place_and_pay(buyer: Caller) -> tuple[Any, Any]:
    """Place the cart twice under one key, and pay; return the order as placed and as paid."""
    key = uuid.uuid4().hex
    order = buyer.call("PlaceOrder", {"address": ADDRESS}, status=201, key=key)
    assert buyer.call("PlaceOrder", {"address": ADDRESS}, status=201, key=key)["id"] == order["id"]
    paying = buyer.call("PayOrder", {"method": "alipay"}, order_id=order["id"])
    page = httpx.get(paying["redirect_url"], timeout=30)
    assert page.status_code == 200
    httpx.post(paying["redirect_url"], data={"action": "pay"}, timeout=30)
    paid = wait_for(lambda: _in_state(buyer, order["id"], "paid"))
    return order, paid


def _in_state(caller: Caller, order_id: str, state: str) -> Any:
    found = caller.call("GetOrder", order_id=order_id)
    return found if found["state"] == state else None
