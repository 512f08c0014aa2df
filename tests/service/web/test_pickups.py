"""Picking a parcel up, on the pages of the county, the buyer and the keeper of the point."""

from contextlib import suppress
from typing import Any

from market.people.identity.models import Role
from payments.sandbox import Sandbox
from tests.service.web.conftest import Village
from tests.service.web.shop.checkout import ADDRESS, get_order_number, pay_at_provider
from tests.support.browser import LeftSiteError
from tests.support.make import make_account, make_official

POINT: dict[str, Any] = {
    "name": "样例自提点", "place": "130624107000", "address": "样例街 1 号", "phone": "03127000001", "hours": "白天",
    "keeper_phone": "17000007701",
}  # fmt: skip

UNKNOWN_KEEPER: dict[str, Any] = POINT | {"keeper_phone": "17000007799"}


async def test_a_point_is_registered_chosen_at_checkout_and_hands_the_parcel_over(
    village: Village, sandbox: Sandbox
) -> None:
    async with village.database.transaction() as conn:
        official = await make_official(conn, Role.COUNTY, "130624")
        keeper = await make_account(conn, name="样例点长", phone="17000007701")
    async with (
        await village.browser(official, second_factor=True) as desk,
        await village.browser(village.buyer) as buyer,
        await village.browser(keeper) as point,
    ):
        await point.open("/point", status=404)
        await desk.open("/desk/pickup-points")
        seen = await desk.submit("/desk/pickup-points", status=422, **UNKNOWN_KEEPER)
        assert "写管点的人登录用的手机号" in seen.text
        assert "样例街 1 号" in seen.html
        seen = await desk.submit("/desk/pickup-points", **POINT)
        assert "登记好了，买家现在就能选" in seen.text
        chosen = str(await village.value("SELECT id FROM pickup_points"))
        path = f"/desk/pickup-points/{chosen}"
        seen = await desk.submit(path, status=422, press=("act", "keeper"), keeper="17000007799")
        assert "写管点的人登录用的手机号" in seen.text
        seen = await desk.submit(path, press=("act", "keeper"), keeper="17000007701")
        assert "换好了" in seen.text
        await buyer.open(f"/goods/{await village.number(village.dates.listing_id)}")
        await buyer.submit("/cart/goods", n="2")
        seen = await buyer.open("/checkout?region=130000")
        assert "自提：样例自提点，样例街 1 号，白天" in seen.text
        assert "到点后留 7 天；过了没取，鲜货不退，别的退货款，运费不退。" in seen.text
        with suppress(LeftSiteError):
            await buyer.submit("/checkout", method="wechat", typed=ADDRESS | {"address": "", "pickup": chosen})
        seen = await pay_at_provider(village, sandbox, buyer)
        number = await get_order_number(village)
        assert "自提：样例自提点" in seen.text
        assert "到了会把取货码发给您。" in seen.text
        suborder = await village.value("SELECT suborder_id FROM pickups")
        assert "/point" in (await point.open("/me")).links()
        seen = await point.open("/point")
        assert "还没到的，1 件" in seen.text
        seen = await point.submit(f"/point/{suborder}/arrived")
        assert "记下了" in seen.text
        assert "等人来取，1 件" in seen.text
        seen = await buyer.open(f"/orders/{number}")
        assert "取货码" in seen.text
        code = seen.html.partition('<p class="code">')[2].partition("<")[0]
        seen = await point.submit("/point", status=422, code="1")
        assert "码不对，请买家再看一下。" in seen.text
        seen = await point.submit("/point", code=code)
        assert "交给买家了" in seen.text
        assert "等人来取，0 件" in seen.text
        assert await village.value("SELECT state FROM suborders WHERE id = $1", suborder) == "received"
        seen = await desk.submit(f"/desk/pickup-points/{chosen}", press=("act", "close"))
        assert "关了，买家不能再选" in seen.text
