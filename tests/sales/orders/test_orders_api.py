"""Buyer and producer over the JSON API: cart, order, payment, parcel, check-in, receipt, review, statement."""

import asyncio
import inspect
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from market.kernel import Database
from market.kernel.clock import make_clock_at
from market.kernel.seal import Seal
from market.people.identity.models import AccountId
from market.people.identity.sign_in import sign_in_without_code
from market.sales.orders.mark_paid import apply_payment_events
from payments import PaymentId, get_payment
from payments.polling import poll_payment
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.conftest import NOW
from tests.support.app import Service, build_settings, run_service
from tests.support.make import (
    ProductIds,
    StayIds,
    load_owner,
    make_account,
    make_freight_template,
    make_product,
    make_stay,
)
from tests.support.statements import QueryTrace

ADDRESS = {"name": "样例买家", "phone": "13900009001", "region_code": "130100", "street": "样例路 1 号"}
# How many statements a whole order takes (ADR 112, ADR 135).
SESSION = ["FIND_SESSION"]
CART = ["PUT_CART_ROWS", "LIST_GOODS_OFFERS"]
PLACE = ["FIND_KEY_AND_CART", "LIST_GOODS_OFFERS", "PLACE_ORDERS"]
TRANSFER = ["LOCK_PAYABLE_ORDER", "INSERT_PAYMENT"]


class Shop:
    """A service with goods of two producers, a stay, and everyone's tokens."""

    def __init__(self, db: Database, seal: Seal, gateway: Stripe, sandbox: Sandbox, service: Service) -> None:
        self.db, self.seal, self.gateway, self.sandbox, self.service = db, seal, gateway, sandbox, service
        self.clock = make_clock_at(NOW)
        self.buyer = self.stranger = self.farmer = self.host = ""

    async def open(self) -> None:
        async with self.db.transaction() as conn:
            self.dates: ProductIds = await make_product(conn, title="阜平大枣", price_fen=45_00, gross_g=2800, left=10)
            self.millet: ProductIds = await make_product(conn, title="小米", price_fen=32_00, gross_g=2600, left=10)
            await make_freight_template(conn, self.dates.producer_id, no_ship=["54"])
            self.stay: StayIds = await make_stay(conn)
            owners = [await load_owner(conn, each.producer_id) for each in (self.dates, self.stay)]
            people = [await make_account(conn), await make_account(conn), *(each.account_id for each in owners)]
        self.buyer, self.stranger, self.farmer, self.host = [await self.sign_in(each) for each in people]

    async def sign_in(self, account_id: AccountId) -> str:
        async with self.db.transaction() as conn:
            session = await sign_in_without_code(conn, account_id, now=self.clock.now(), second_factor=False)
        return session.token

    async def call(self, operation: str, body: Any = None, *, token: str | None = None, **more: Any) -> Any:
        answer = await self.service.call(operation, body, token=self.buyer if token is None else token, **more)
        return answer.status_code, answer.json()

    async def pay(self, payment_id: str) -> None:
        async with self.db.connection() as conn:
            payment = await get_payment(conn, PaymentId(UUID(payment_id)))
        await self.sandbox.pay(payment.provider_ref or "")
        await poll_payment(self.db, self.gateway, payment.id, at=self.clock.now())
        await apply_payment_events(self.db, self.gateway, self.seal, now=self.clock.now())


@pytest.fixture
async def shop(
    dsn: str, database: Database, folder: Path, seal: Seal, gateway: Stripe, sandbox: Sandbox
) -> AsyncGenerator[Shop]:
    settings = build_settings(
        dsn, folder, stripe_base=sandbox.url, stripe_webhook_secret=sandbox.secret, now=NOW, pool_size=4
    )
    async with run_service(settings) as service:
        made = Shop(database, seal, gateway, sandbox, service)
        await made.open()
        yield made


async def test_a_cart_of_two_producers_and_two_nights_from_order_to_review(shop: Shop) -> None:
    arrive, leave = "2019-09-20", "2019-09-22"
    status, nights = await shop.call(
        "GetStayNights", path={"listing_id": shop.stay.listing_id}, query={"arrive": arrive, "leave": leave}
    )
    assert (status, [(each["night"], each["free"], each["price_fen"]) for each in nights]) == (
        200, [("2019-09-20", 2, 280_00), ("2019-09-21", 2, 280_00)],
    )  # fmt: skip
    wanted = [{"variant_id": str(each.variant_id), "quantity": 1} for each in (shop.dates, shop.millet)]
    status, cart = await shop.call("PutCartLine", {"lines": wanted})
    assert (status, cart["total_fen"], cart["ready"]) == (200, 91_00, True)
    stay = {"listing_id": str(shop.stay.listing_id), "arrive_on": arrive, "leave_on": leave}
    status, cart = await shop.call("PutCartNights", {"nights": [stay]})
    assert (status, cart["total_fen"], cart["count"]) == (200, 651_00, 3)
    assert (await shop.call("GetCart", query={"region_code": "540100"}))[1]["ready"] is False

    status, order = await shop.call("PlaceOrder", {"address": ADDRESS, "total_fen": 651_00}, key="one")
    assert (status, order["state"], order["total_fen"]) == (201, "placed", 651_00)
    assert (await shop.call("GetCart"))[1]["count"] == 0
    again = await shop.call("PlaceOrder", {"address": ADDRESS, "total_fen": 651_00}, key="one")
    assert again == (201, order)
    status, problem = await shop.call("PlaceOrder", {"address": ADDRESS}, key="one")
    assert (status, problem["code"]) == (422, "idempotency_key_reused")

    path = {"order_id": order["id"]}
    status, paying = await shop.call("PayOrder", {"method": "wechat"}, path=path)
    assert (status, paying["amount_fen"], paying["qr_code"] is not None) == (200, 651_00, True)
    await shop.pay(paying["payment_id"])
    status, problem = await shop.call("PayOrder", {"method": "wechat"}, path=path)
    assert (status, problem["code"]) == (409, "already_paid")

    status, seen = await shop.call("GetOrder", path=path)
    assert (status, seen["state"], [each["kind"] for each in seen["suborders"]]) == (
        200, "paid", ["goods", "goods", "stay"],
    )  # fmt: skip
    status, listed = await shop.call("ListOrders")
    assert [(each["number"], each["titles"]) for each in listed["items"]] == [
        (order["number"], ["阜平大枣", "小米", "农家院客房"])
    ]

    parcel, _, room = seen["suborders"]
    await ship_check_in_and_receive(shop, path, parcel, room)
    await refund_review_and_read_statement(shop, parcel)


async def ship_check_in_and_receive(
    shop: Shop, path: dict[str, Any], parcel: dict[str, Any], room: dict[str, Any]
) -> None:
    status, queue = await shop.call("ListSuborders", token=shop.farmer, path={"producer_id": parcel["producer_id"]})
    assert (status, [each["code"] for each in queue]) == (200, [parcel["code"]])
    shipment = {"carrier": "邮政", "tracking": "EMS0001"}
    status, shipped = await shop.call("ShipSuborder", shipment, token=shop.farmer, path={"suborder_id": parcel["id"]})
    assert (status, shipped["state"]) == (200, "shipped")
    code = room["bookings"][0]["code"]
    status, arrived = await shop.call("CheckInGuest", {"code": code}, token=shop.host)
    assert (status, arrived["room"]) == (200, "1 号房")
    status, problem = await shop.call("CheckInGuest", {"code": code}, token=shop.host)
    assert (status, problem["code"]) == (409, "code_used")
    status, received = await shop.call("ConfirmReceipt", {}, path=path)
    assert (status, received["state"], received["positions"]) == (200, "paid", [1, 3])
    status, received = await shop.call("ConfirmReceipt", {"positions": [2]}, path=path)
    assert (status, received["state"], received["positions"]) == (200, "finished", [2])


async def refund_review_and_read_statement(shop: Shop, parcel: dict[str, Any]) -> None:
    line = parcel["lines"][0]["id"]
    refund = {"reason": "bad_fruit", "share_bp": 1000}
    status, given = await shop.call("RefundLine", refund, token=shop.farmer, path={"line_id": line}, key="bad")
    assert (status, given["amount_fen"], given["left_fen"]) == (201, 4_50, 40_50)
    assert await shop.call("RefundLine", refund, token=shop.farmer, path={"line_id": line}, key="bad") == (201, given)
    review = {"rating": 5, "text": "枣很甜"}
    status, written = await shop.call("WriteReview", review, path={"suborder_id": parcel["id"]})
    assert (status, written["rating"], written["text"]) == (201, 5, "枣很甜")
    status, statement = await shop.call("GetStatement", token=shop.farmer, path={"producer_id": parcel["producer_id"]})
    assert (status, statement["payable_fen"], statement["freight_fen"], statement["owed_fen"]) == (
        200, 39_69, 14_00, 53_69,
    )  # fmt: skip


async def test_an_order_without_a_cart_is_placed_and_cancelled(shop: Shop) -> None:
    wanted = {"address": ADDRESS, "lines": [{"variant_id": str(shop.millet.variant_id), "quantity": 2}]}
    _, order = await shop.call("PlaceOrder", wanted)
    status, cancelled = await shop.call("CancelOrder", {}, path={"order_id": order["id"]})
    assert (status, cancelled["state"], cancelled["refund_fen"]) == (200, "cancelled", 0)
    status, problem = await shop.call("PayOrder", {"method": "alipay"}, path={"order_id": order["id"]})
    assert (status, problem["code"]) == (409, "not_payable")


async def test_invalid_fields_are_reported_by_name(shop: Shop) -> None:
    line = {"variant_id": str(shop.dates.variant_id), "quantity": 11}

    async def refused(body: dict[str, Any]) -> tuple[int, str, list[str]]:
        status, problem = await shop.call("PlaceOrder", body)
        return status, problem["code"], [each["field"] for each in problem["errors"]]

    assert await refused({"address": ADDRESS, "lines": [line]}) == (409, "sold_out", ["lines[0].quantity"])
    far = {"address": {**ADDRESS, "region_code": "540100"}, "lines": [{**line, "quantity": 1}]}
    assert await refused(far) == (409, "not_shipped_there", ["address.region_code"])
    assert await refused({"address": ADDRESS, "lines": [{**line, "quantity": 0}]}) == (
        422, "quantity_wrong", ["lines[0].quantity"],
    )  # fmt: skip
    nobody = {"address": {"name": "", "phone": "1", "region_code": "99"}, "lines": [line]}
    assert await refused(nobody) == (
        422, "address_wrong", ["address.name", "address.phone", "address.region_code", "address.street"],
    )  # fmt: skip
    for field in ("price_fen", "state", "commission_bp", "freight_fen"):
        status, problem = await shop.call("PlaceOrder", {"address": ADDRESS, "lines": [line], field: 1})
        assert (status, problem["code"]) == (400, "bad_request")
    status, problem = await shop.call("PlaceOrder", {"address": ADDRESS})
    assert (status, problem["code"]) == (422, "nothing_asked")


async def test_goods_need_a_street_and_name_no_slot(shop: Shop) -> None:
    line = {"variant_id": str(shop.dates.variant_id), "quantity": 1}
    nowhere = {**ADDRESS, "street": " "}
    lines = {"lines": [line]}
    slotted = {"lines": [line, {"variant_id": str(shop.millet.variant_id), "quantity": 1, "slot_id": str(uuid4())}]}
    unsettled: list[tuple[dict[str, Any], str, str]] = [
        ({"address": nowhere, **lines}, "address_wrong", "address.street"),
        ({"address": nowhere, "lines": slotted["lines"][1:]}, "address_wrong", "address.street"),
        ({"address": ADDRESS, **slotted}, "slot_not_offered", "lines[1].slot_id"),
        ({"address": nowhere}, "address_wrong", "address.street"),
    ]
    await shop.call("PutCartLine", lines)
    for body, code, field in unsettled:
        status, problem = await shop.call("PlaceOrder", body)
        assert (status, problem["code"], [each["field"] for each in problem["errors"]]) == (422, code, [field])
    stay = {"listing_id": str(shop.stay.listing_id), "arrive_on": "2019-09-20", "leave_on": "2019-09-22"}
    assert (await shop.call("PlaceOrder", {"address": nowhere, "nights": [stay]}))[0] == 201
    assert (await shop.call("PlaceOrder", {"address": ADDRESS}))[0] == 201


async def test_an_order_of_someone_else_is_not_found(shop: Shop) -> None:
    wanted = {"address": ADDRESS, "lines": [{"variant_id": str(shop.dates.variant_id), "quantity": 1}]}
    _, order = await shop.call("PlaceOrder", wanted)
    _, seen = await shop.call("GetOrder", path={"order_id": order["id"]})
    suborder = seen["suborders"][0]
    path, ours = {"order_id": order["id"]}, {"suborder_id": suborder["id"]}
    tries: list[tuple[str, Any, dict[str, Any]]] = [
        ("GetOrder", None, path),
        ("PayOrder", {"method": "alipay"}, path),
        ("CancelOrder", {}, path),
        ("ConfirmReceipt", {}, path),
        ("WriteReview", {"rating": 1}, ours),
        ("ShipSuborder", {"carrier": "邮政", "tracking": "EMS0001"}, ours),
        ("RefundLine", {"reason": "agreed", "amount_fen": 1}, {"line_id": suborder["lines"][0]["id"]}),
        ("GetStatement", None, {"producer_id": suborder["producer_id"]}),
        ("ListSuborders", None, {"producer_id": suborder["producer_id"]}),
    ]
    for token in (shop.stranger, shop.host):
        for operation, body, where in tries:
            status, problem = await shop.call(operation, body, token=token, path=where)
            assert (operation, status, problem["code"]) == (operation, 404, "not_found")
    for operation, body, where in tries:
        status, problem = await shop.call(operation, body, token="", path=where)
        assert (operation, status, problem["code"]) == (operation, 401, "not_signed_in")
    status, problem = await shop.call("GetOrder", path={"order_id": uuid4()})
    assert (status, problem["code"]) == (404, "not_found")
    assert (await shop.call("GetOrder", path=path))[1] == seen


async def test_a_number_written_as_text_is_refused_by_its_field(shop: Shop) -> None:
    variant, some = str(shop.dates.variant_id), {"suborder_id": uuid4(), "line_id": uuid4()}
    cases: list[tuple[str, dict[str, Any], str]] = [
        ("PutCartLine", {"lines": [{"variant_id": variant, "quantity": "3"}]}, "lines[0].quantity"),
        ("PlaceOrder", {"address": ADDRESS, "lines": [], "total_fen": "100"}, "total_fen"),
        ("WriteReview", {"rating": "5"}, "rating"),
        ("RefundLine", {"reason": "agreed", "amount_fen": "100"}, "amount_fen"),
        ("PutCartLine", {"lines": [{"variant_id": variant, "quantity": True}]}, "lines[0].quantity"),
        ("PutCartLine", {"lines": [], "whole": "true"}, "whole"),
    ]
    for operation, body, field in cases:
        status, problem = await shop.call(operation, body, path=some)
        assert (operation, status, problem["code"]) == (operation, 400, "bad_request")
        assert [each["field"] for each in problem["errors"]] == [field]


async def test_a_page_of_orders_starts_at_any_cursor(shop: Shop) -> None:
    wanted = {"address": ADDRESS, "lines": [{"variant_id": str(shop.dates.variant_id), "quantity": 1}]}
    _, order = await shop.call("PlaceOrder", wanted)
    for before, found in ((10**30, 1), (2**63, 1), (0, 0), (-(10**30), 0)):
        status, page = await shop.call("ListOrders", query={"before": before})
        assert (status, [each["id"] for each in page["items"]]) == (200, [order["id"]] * found)


async def test_a_cookie_from_another_site_is_not_accepted(shop: Shop) -> None:
    cart = {"lines": [{"variant_id": str(shop.dates.variant_id), "quantity": 2}]}
    http = shop.service.http
    cookie = {"Cookie": f"session={shop.buyer}"}
    for foreign in (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "https://shop.test"},
        {"Origin": "http://shop.test:8080"},
        {"Origin": "http://other.test", "Host": "other.test"},
        {"Origin": "http://shop.test", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        answer = await http.put("/api/v1/cart/lines", json=cart, headers={**cookie, **foreign})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_form")
    assert (await http.get("/api/v1/cart", headers=cookie)).json()["count"] == 0
    same = {"Sec-Fetch-Site": "same-origin"}
    for ours in ({"Origin": "http://shop.test"}, {"Origin": "http://shop.test", **same}, {"Origin": "null", **same}):
        answer = await http.put("/api/v1/cart/lines", json=cart, headers={**cookie, **ours})
        assert (answer.status_code, answer.json()["count"]) == (200, 1)
    status, emptied = await shop.call("PutCartLine", {"lines": [], "whole": True})
    assert (status, emptied["count"]) == (200, 0)


async def test_a_provider_that_does_not_answer_ties_up_no_request(shop: Shop) -> None:
    """After five calls without an answer the others are refused at once, and nothing is written about them."""
    status, order = await _order_dates(shop)
    assert status == 201
    path = {"order_id": order["id"]}
    await shop.sandbox.fault("create", "close", times=5)
    for _ in range(5):
        status, problem = await shop.call("PayOrder", {"method": "alipay"}, path=path)
        assert (status, problem["code"]) == (503, "provider_silent")
    _, other = await _order_dates(shop)
    await shop.sandbox.fault("create", "hang")
    answers = await asyncio.wait_for(
        asyncio.gather(*(_pay_with_alipay(shop, each["id"]) for each in (order, other) for _ in range(10))), 5
    )
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "provider_silent")}
    assert all(10 <= int(answer.headers["Retry-After"]) <= 15 for answer in answers)
    async with shop.db.connection() as conn:
        states = await conn.fetch("SELECT state, attempts FROM payments.operations ORDER BY written_at")
    assert [tuple(row) for row in states] == [("unknown", 5)]
    answer = await shop.service.call("CancelOrder", {}, token=shop.buyer, path=path)
    assert (answer.status_code, 10 <= int(answer.headers["Retry-After"]) <= 15) == (503, True)
    assert (await shop.call("CancelOrder", {}, path={"order_id": other["id"]}))[0] == 200


async def _order_dates(shop: Shop) -> Any:
    await shop.call("PutCartLine", {"lines": [{"variant_id": str(shop.dates.variant_id), "quantity": 1}]})
    return await shop.call("PlaceOrder", {"address": ADDRESS})


async def _pay_with_alipay(shop: Shop, order_id: str) -> httpx.Response:
    return await shop.service.call("PayOrder", {"method": "alipay"}, token=shop.buyer, path={"order_id": order_id})


class Trace:
    """The statements that ran and the transactions that began, in order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.queries = QueryTrace(monkeypatch)
        self.begun = 0
        begin = Database.transaction

        def count(database: Database, **options: Any) -> object:
            caller = inspect.stack(0)[1].function
            self.begun += caller != "_claim"  # of a task in the background, whose statement may be yet to come
            return begin(database, **options)

        monkeypatch.setattr(Database, "transaction", count)

    def take(self) -> tuple[list[str], int]:
        """Return both since the last call, without those of the tasks in the background."""
        names, begun = self.queries.take(), self.begun
        self.begun = 0
        return [name for name in names if name != "CLAIM_TASK"], begun


async def test_cart_place_and_pay_take_ten_statements(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = Trace(monkeypatch)
    lines = [{"variant_id": str(each.variant_id), "quantity": 1} for each in (shop.dates, shop.millet)]
    status, _ = await shop.call("PutCartLine", {"lines": lines, "whole": True})
    assert (status, trace.take()) == (200, ([*SESSION, *CART], 0))
    status, order = await shop.call("PlaceOrder", {"address": ADDRESS}, key="one")
    assert (status, trace.take()) == (201, ([*SESSION, *PLACE], 0))
    status, _ = await shop.call("PayOrder", {"method": "bank"}, path={"order_id": order["id"]})
    assert (status, trace.take()) == (200, ([*SESSION, *TRANSFER], 1))


async def test_a_repeated_request_reads_the_key_alone(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"variant_id": str(shop.dates.variant_id), "quantity": 1}]
    await shop.call("PutCartLine", {"lines": lines})
    first = await shop.call("PlaceOrder", {"address": ADDRESS}, key="one")
    trace = Trace(monkeypatch)
    assert await shop.call("PlaceOrder", {"address": ADDRESS}, key="one") == first
    assert trace.take() == ([*SESSION, "FIND_KEY_AND_CART", "TOUCH_PLACED_ORDER"], 0)
    paid = await shop.call("PayOrder", {"method": "bank"}, path={"order_id": first[1]["id"]})
    trace.take()
    assert await shop.call("PayOrder", {"method": "bank"}, path={"order_id": first[1]["id"]}) == paid
    assert trace.take() == ([*SESSION, *TRANSFER, "LIST_PAYMENTS"], 1)
