"""公家单位: a unit is verified on the desk, and its buyer pays the price for public units."""

from datetime import timedelta

from market.people.identity.models import Role
from tests.service.web.conftest import BUYER_PHONE, Village
from tests.support.make import make_official

UNIT = {"phone": BUYER_PHONE, "unit_name": "样例中学食堂", "credit_code": "12130100MB1234567C"}


async def test_a_unit_is_verified_and_its_buyer_pays_the_price_for_public_units(village: Village) -> None:
    async with village.database.transaction() as conn:
        staff = await make_official(conn, Role.PLATFORM, "13")
        county = await make_official(conn, Role.COUNTY, "130624")
    price = "UPDATE variants SET public_price_fen = 30_00 WHERE id = $1 RETURNING 1"
    await village.value(price, village.dates.variant_id)
    until = str(village.today + timedelta(days=30))
    code = await find_credit_code(UNIT["credit_code"][:17])
    async with await village.browser(county, second_factor=True) as official:
        await official.open("/desk/public-buyers?county=130624", status=403)
    async with await village.browser(village.buyer) as buyer:
        goods = f"/goods/{await village.number(village.dates.listing_id)}"
        await buyer.open(goods)
        await buyer.submit("/cart/goods", n="1")
        assert "公家单位的价" not in (await buyer.open("/cart")).text
        async with await village.browser(staff, second_factor=True) as desk:
            assert "/desk/public-buyers" in (await desk.open("/desk/money")).html
            assert "还没有核过的单位" in (await desk.open("/desk/public-buyers")).text
            wrong = {**UNIT, "credit_code": "1" * 18, "ends_on": until}
            seen = await desk.submit("/desk/public-buyers", status=422, typed=wrong)
            assert "统一社会信用代码不对" in seen.text
            assert "样例中学食堂" in seen.html
            seen = await desk.submit(
                "/desk/public-buyers", status=422, typed={**UNIT, "credit_code": code, "ends_on": "明年"}
            )
            assert "最后一天写成" in seen.text
            seen = await desk.submit("/desk/public-buyers", typed={**UNIT, "credit_code": code, "ends_on": until})
            assert "记好了" in seen.text
            assert code in seen.text
        assert "公家单位的价" in (await buyer.open("/cart")).text
        own = await buyer.open(goods)
        assert ("¥30.00" in own.html, "这是公家单位的价" in own.text) == (True, True)
        async with await village.browser() as visitor:
            seen = await visitor.open(goods)
            assert ("¥30.00" in seen.html, "公家单位一" in seen.text) == (False, True)
        seen = await buyer.open("/me/data")
        assert "样例中学食堂" in seen.text
        await village.value("UPDATE variants SET price_fen = 25_00 WHERE id = $1 RETURNING 1", village.dates.variant_id)
        cheaper = await buyer.open(goods)
        assert ("¥25.00" in cheaper.html, "公家单位" in cheaper.text) == (True, False)
        assert "25.00 元/箱" in (await buyer.open("/cart")).text


async def find_credit_code(first: str) -> str:
    """Return a credit code with its check character. Source: GB 32100-2015."""
    digits = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(digits.index(digit) * pow(3, n, 31) for n, digit in enumerate(first))
    return first + digits[-total % 31]
