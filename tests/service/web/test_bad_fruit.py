"""坏果包赔 through the pages of buyer, farmer and county: agreed, refused and decided, not answered, too late."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import Struct

from market.cases.casework.models import LockedCase
from market.cases.casework.moves import escalate_late_cases
from market.kernel import Connection
from market.kernel.clock import Clock
from market.people.identity.models import AccountId, Role
from market.people.identity.sign_in import sign_in_without_code
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from payments.sandbox import Sandbox
from tests.people.storage.test_photos import a_jpeg
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import buy_everything, get_order_number
from tests.support.browser import PageClient
from tests.support.make import SEAL, load_actor, make_official


class SoldBox(Struct, frozen=True):
    """Two boxes of dates, 90.00, shipped by the farmer; their order's page and the path of a claim."""

    village: Village
    order: str
    claim: str
    finance: AccountId

    @asynccontextmanager
    async def desk(self) -> AsyncGenerator[PageClient]:
        """Yield a client of the county's finance with its second factor."""
        browser = PageClient(self.village.app)
        async with self.village.database.transaction() as conn:
            signed = await sign_in_without_code(conn, self.finance, now=Clock().now(), second_factor=True)
        browser.client.cookies.set("session", signed.token, domain="market.test")
        async with browser:
            yield browser

    async def open_claim(self, **typed: str) -> str:
        """Claim 6 of 60 as the buyer, and return the farmer's path of the claim."""
        async with await self.village.browser(self.village.buyer) as buyer:
            await buyer.open(self.claim)
            seen = await buyer.submit(self.claim, files=make_photo(), typed={"bad": "6", "total": "60", **typed})
            assert "交给卖家了" in seen.text
            assert self.claim not in seen.links()
        return f"/farm/claims/{await self.village.value('SELECT case_id FROM bad_fruit_claims')}"

    async def see_order(self) -> str:
        async with await self.village.browser(self.village.buyer) as buyer:
            return (await buyer.open(self.order)).text


def make_photo() -> dict[str, tuple[str, bytes, str]]:
    return {"photo": ("bad.jpg", a_jpeg(300, 200), "image/jpeg")}


@pytest.fixture
async def sold(village: Village, sandbox: Sandbox) -> SoldBox:
    async with await village.browser(village.buyer) as browser:
        await buy_everything(village, sandbox, browser)
    number = await get_order_number(village)
    suborder = await village.value("SELECT id FROM suborders WHERE producer_id = $1", village.dates.producer_id)
    async with village.database.transaction() as conn:
        farmer = await load_actor(conn, village.farmer)
        await ship_suborder(conn, SEAL, farmer, suborder, carrier="邮政", tracking="XA123456789CN", now=Clock().now())
        finance = await make_official(conn, Role.FINANCE, "130624")
    position = await village.value("SELECT position FROM suborders WHERE id = $1", suborder)
    return SoldBox(village, f"/orders/{number}", f"/orders/{number}/claim/{position}", finance)


async def test_the_farmer_sees_a_claim_first_and_agrees(sold: SoldBox) -> None:
    path = await sold.open_claim(text="底下几个烂了")
    seen = await sold.see_order()
    assert "坏果包赔，阜平大枣礼箱，要退 9.00 元：等卖家答复，" in seen
    assert "退了" not in seen
    async with await sold.village.browser(sold.village.farmer) as farm:
        home = await farm.open("/farm")
        assert "今天要做的 1 件坏果，等您答复" in home.text
        assert "/farm/claims" in home.links()
        assert path in (await farm.open("/farm/claims")).links()
        seen = await farm.open(path)
        assert "60 里坏了 6，要退 9.00 元" in seen.text
        assert "买家说：底下几个烂了" in seen.text
        [photo] = [link for link in seen.links() if link.startswith("/claim-photos/")]
        assert (await farm.client.get(photo)).headers["content-type"] == "image/webp"
        seen = await farm.submit(path, press=("decision", "agree"))
        assert "同意了 钱原路退给买家。" in seen.text
        assert "退 9.00 元" in seen.text
        assert "坏果，等您答复" not in (await farm.open("/farm")).text
    async with await sold.village.browser(sold.village.host) as stranger:
        await stranger.open(path, status=404)
        assert (await stranger.client.get(photo)).status_code == 404
    assert "同意退 9.00 元。" in await sold.see_order()
    assert await sold.village.value("SELECT sum(refunded_fen)::int FROM order_lines") == 9_00


async def test_a_refused_claim_is_decided_at_the_desk(sold: SoldBox) -> None:
    path = await sold.open_claim()
    async with await sold.village.browser(sold.village.farmer) as farm:
        await farm.open(path)
        seen = await farm.submit(path, press=("decision", "refuse"), status=422)
        assert "请写原因" in seen.text
        seen = await farm.submit(path, press=("decision", "refuse"), typed={"reason": "装箱时都是好的"})
        assert "转给县里了" in seen.text
    assert "等县里答复" in await sold.see_order()
    case = path.replace("/farm/claims/", "/desk/cases/")
    async with sold.desk() as desk:
        assert "坏果包赔 1 件，等您定" in (await desk.open("/desk")).text
        assert case in (await desk.open("/desk/cases")).links()
        seen = await desk.open(case)
        assert "卖家说：装箱时都是好的" in seen.text
        seen = await desk.submit(case, typed={"bad": "7", "reason": "看过"}, status=422)
        assert "写 0 到 6" in seen.text
        seen = await desk.submit(case, typed={"bad": "2", "reason": "照片里烂了两个"})
        assert "定好了" in seen.text
        assert "没有要定的。" in seen.text
        seen = await desk.open(case)
        assert "答复：照片里烂了两个" in seen.text
        assert case not in [form.attrs.get("action") for form in seen.root.all("form")]
    seen = await sold.see_order()
    assert "同意退 3.00 元。照片里烂了两个" in seen
    assert await sold.village.value("SELECT sum(refunded_fen)::int FROM order_lines") == 3_00


async def test_without_an_answer_the_county_decides(sold: SoldBox) -> None:
    path = await sold.open_claim()

    async def tell(_conn: Connection, _case: LockedCase) -> None:
        pass

    later = Clock().now() + timedelta(hours=24, minutes=1)
    assert await escalate_late_cases(sold.village.database, SEAL, tell, now=later) == 1
    async with await sold.village.browser(sold.village.farmer) as farm:
        seen = await farm.open(path)
        assert "等上一级定" in seen.text
        assert path not in [form.attrs.get("action") for form in seen.root.all("form")]
    async with sold.desk() as desk:
        case = path.replace("/farm/claims/", "/desk/cases/")
        await desk.open(case)
        await desk.submit(case, typed={"bad": "0", "reason": "照片看不出烂"})
    assert "没有同意。照片看不出烂" in await sold.see_order()


async def test_a_claim_that_cannot_be_made_says_why_and_keeps_what_was_typed(sold: SoldBox) -> None:
    village = sold.village
    async with await village.browser(village.buyer) as buyer:
        await buyer.open(sold.claim)
        seen = await buyer.submit(sold.claim, typed={"bad": "9", "total": "8", "text": "烂了"}, status=422)
        assert "坏了多少，写整数，不能比一共的多" in seen.text
        assert "请拍一张坏了的照片" in seen.text
        assert 'value="9"' in seen.html
        assert "烂了" in seen.text
        bad_photo = {"photo": ("a.jpg", b"not a photo", "image/jpeg")}
        seen = await buyer.submit(sold.claim, typed={"bad": "1", "total": "8"}, files=bad_photo, status=422)
        assert "这个文件打不开" in seen.text
        assert await village.value("SELECT count(*) FROM cases") == 0
        order_id: UUID = await village.value("SELECT max(id::text)::uuid FROM orders")
        async with village.database.transaction() as conn:
            actor = await load_actor(conn, village.buyer)
            early = Clock().now() - timedelta(hours=49)
            position = int(sold.claim.rpartition("/")[2])
            await confirm_receipt(conn, SEAL, actor, order_id, positions=[position], now=early)
        seen = await buyer.submit(sold.claim, typed={"bad": "1", "total": "8"}, files=make_photo(), status=409)
        assert "收到已经过了 48 小时" in seen.text
        seen = await buyer.open(sold.claim, status=409)
        assert "收到已经过了 48 小时" in seen.text
        assert sold.claim not in (await buyer.open(sold.order)).links()


async def test_what_was_refunded_completely_is_not_claimed_and_the_page_says_why(
    sold: SoldBox, owner: Connection
) -> None:
    await owner.execute("UPDATE order_lines SET refunded_fen = amount_fen")
    async with await sold.village.browser(sold.village.buyer) as buyer:
        seen = await buyer.open(sold.claim, status=409)
        assert "这一样已经退过钱，剩下的不够退这么多。" in seen.text
        assert sold.claim not in (await buyer.open(sold.order)).links()


async def test_a_member_who_is_the_buyer_is_not_offered_the_answer(sold: SoldBox) -> None:
    path = await sold.open_claim()
    await sold.village.value(
        "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange('2012-01-01', NULL)) RETURNING 1",
        sold.village.dates.producer_id,
        sold.village.buyer,
    )
    async with await sold.village.browser(sold.village.buyer) as buyer:
        seen = await buyer.open(path)
        assert "您是这一单的买家，要店里另一个人来答复。" in seen.text
        assert path not in [form.attrs.get("action") for form in seen.root.all("form")]
