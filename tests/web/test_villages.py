"""村里的事, 我的单位 and the county's desk: what areas stand on, as people see it."""

from market.identity.models import Role
from tests.support.make import VILLAGE, make_official
from tests.web.conftest import Village


async def test_a_villager_finds_the_village_and_an_organisation_is_verified(village: Village) -> None:
    async with village.database.transaction() as conn:
        county = await make_official(conn, Role.COUNTY, "130624")
    async with await village.browser(village.farmer) as farmer:
        assert "/village" in (await farmer.open("/farm")).html
        seen = await farmer.open("/village")
        assert ("革新庄村" in seen.text, f"/villages/{VILLAGE}/notice" in seen.html) == (True, True)
        seen = await farmer.open("/village?q=顾家台")
        assert "/village?village=130624101201" in seen.html
        assert "请选到村" in (await farmer.open("/village?village=130624999999")).text
        typed = {"kind": "company", "name": "样例食用菌公司", "credit_code": "91130624MA0XAMPL0B", "county": "阜平县"}
        await farmer.open("/me/organisations")
        seen = await farmer.submit("/me/organisations", status=422, typed={**typed, "until": ""})
        assert "统一社会信用代码不对" in seen.text
        seen = await farmer.submit(
            "/me/organisations", typed={**typed, "until": "", "credit_code": "91130624MA0XAMPL0Q"}
        )
        assert "等县里核" in seen.text
    async with await village.browser(county, second_factor=True) as desk:
        assert "单位 1 家，等核" in (await desk.open("/desk")).text
        seen = await desk.open("/desk/organisations")
        assert "样例食用菌公司" in seen.text
        found = await village.value("SELECT id FROM organisations")
        seen = await desk.submit(f"/desk/organisations/{found}", act="verify")
        assert "核好了" in seen.text
        await desk.open("/desk/village-files/villages")
        seen = await desk.submit("/desk/village-files/villages", status=422, what="try")
        assert "还没选文件" in seen.text
