"""A checked organiser gives a notice that collects no money; another person of the county checks it first."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from market.cases.answers.money_words import find_money
from market.cases.answers.notice_models import (
    MAX_OPEN_NOTICES,
    NewNotice,
    NoticeInvalid,
    NoticeKind,
    NoticeNotOpen,
    NoticeOwnChecker,
    NoticeState,
    OwnNotice,
)
from market.cases.answers.notices import (
    add_notice,
    check_notice,
    count_notices_to_check,
    end_county_notice,
    end_notice,
    end_village_notices,
    list_county_notices,
    list_live_notices,
    list_organisation_notices,
)
from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotAllowed, NotFound, Role
from market.places.organisations.models import NewOrganisation, OrganisationId, OrganisationKind
from market.places.organisations.register import decide_organisation, register_organisation
from tests.catalogue.producers.applicants import an_applicant, make_official_actor
from tests.conftest import NOW
from tests.support.make import VILLAGE, VILLAGE_OF_OTHER_COUNTY, load_actor, make_account

TODAY = date(2019, 9, 20)
BLOOD = NewNotice(
    kind=NoticeKind.BLOOD, title="无偿献血车进村", village_code=VILLAGE, place="村委会院里", first=date(2019, 9, 28),
    last=date(2019, 9, 29), note="上午八点到十二点，带身份证，献完有牛奶",
)  # fmt: skip


async def make_organiser(
    conn: Connection, official: Actor | None, kind: OrganisationKind = OrganisationKind.CHARITY,
    code: str = "52130624MJ0XAMPE17",
) -> tuple[Actor, UUID]:  # fmt: skip
    member = await load_actor(conn, await make_account(conn, name=f"样例{kind}"), second_factor=False)
    new = NewOrganisation(
        kind=kind, name=f"样例公益{kind}", credit_code=code, county_code="130624", licensed_until=date(2019, 12, 31)
    )
    found = OrganisationId((await register_organisation(conn, member, new, now=NOW)).id)
    if official is not None:
        await decide_organisation(conn, official, "130624", found, verified=True, now=NOW)
    return member, found


async def add(conn: Connection, actor: Actor, organisation: UUID, new: NewNotice = BLOOD) -> OwnNotice:
    return await add_notice(conn, actor, organisation, new, now=NOW)


async def test_an_organiser_is_checked_and_a_notice_is_too(conn: Connection, seal: Seal) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    elsewhere = await make_official_actor(conn, Role.COUNTY, "130725")
    member, charity = await make_organiser(conn, county)
    owner, company = await make_organiser(conn, county, OrganisationKind.COMPANY, "91130624MA0XAMPL0Q")
    newcomer, unchecked = await make_organiser(conn, None, OrganisationKind.CLINIC, "91130624MA0XAMP206")
    stranger = await an_applicant(conn)
    for actor, organisation, new, fields in (
        (owner, company, BLOOD, ["organisation"]),
        (newcomer, unchecked, BLOOD, ["organisation"]),
        (member, charity, replace(BLOOD, first=date(2019, 12, 30), last=date(2020, 1, 1)), ["organisation"]),
        (member, charity, replace(BLOOD, title="献", place=" ", note="长" * 301), ["title", "place", "note"]),
        (member, charity, replace(BLOOD, first=date(2019, 9, 18), last=date(2019, 9, 19)), ["last", "organisation"]),
        (member, charity, replace(BLOOD, last=date(2019, 9, 27)), ["last"]),
        (member, charity, replace(BLOOD, village_code="130624999999"), ["village"]),
        (
            member, charity,
            replace(BLOOD, title="爱心捐款", place="扫码进群", note="转到 6222 0212 3456 7890"),
            ["title", "place", "note"],
        ),
    ):  # fmt: skip
        with pytest.raises(NoticeInvalid) as refused:
            await add(conn, actor, organisation, new)
        assert [each.field for each in refused.value.errors] == fields
    with pytest.raises(NotFound):
        await add(conn, stranger, charity)
    sent = await add(conn, member, charity)
    assert (sent.state, await count_notices_to_check(conn, "130624")) == (NoticeState.DRAFT, 1)
    assert await list_live_notices(conn, VILLAGE, day=TODAY) == []
    for official, at, refusal in (
        (elsewhere, "130725", NotFound),
        (elsewhere, "130624", NotAllowed),
        (member, "130624", NotAllowed),
    ):
        with pytest.raises(refusal):
            await check_notice(conn, seal, official, at, sent.id, live=True, reason="", now=NOW)
    with pytest.raises(NotAllowed):
        await list_county_notices(conn, elsewhere, "130624", day=TODAY)
    colleague = await make_official_actor(conn, Role.COUNTY, "130624")
    await conn.execute("INSERT INTO organisation_members VALUES ($1, $2, 'clerk')", charity, colleague.account_id)
    with pytest.raises(NoticeOwnChecker):
        await check_notice(conn, seal, colleague, "130624", sent.id, live=True, reason="", now=NOW)
    with pytest.raises(NoticeInvalid):
        await check_notice(conn, seal, county, "130624", sent.id, live=False, reason=" ", now=NOW)
    await check_notice(conn, seal, county, "130624", sent.id, live=True, reason="", now=NOW)
    with pytest.raises(NoticeNotOpen):
        await check_notice(conn, seal, county, "130624", sent.id, live=False, reason="晚了", now=NOW)
    [shown] = await list_live_notices(conn, VILLAGE, day=TODAY)
    assert (shown.title, shown.organisation, shown.last) == ("无偿献血车进村", "样例公益charity", date(2019, 9, 29))
    assert await list_live_notices(conn, VILLAGE, day=date(2019, 9, 30)) == []
    assert await list_live_notices(conn, VILLAGE_OF_OTHER_COUNTY, day=TODAY) == []
    for step in (
        end_notice(conn, stranger, sent.id, now=NOW),
        end_county_notice(conn, elsewhere, "130725", sent.id, now=NOW),
        list_organisation_notices(conn, stranger, charity, day=TODAY),
    ):
        with pytest.raises(NotFound):
            await step
    await end_village_notices(conn, VILLAGE, date(2019, 9, 29))
    [shown] = await list_live_notices(conn, VILLAGE, day=TODAY)
    assert shown.last == date(2019, 9, 28)
    await end_county_notice(conn, county, "130624", sent.id, now=NOW)
    assert await list_live_notices(conn, VILLAGE, day=TODAY) == []
    with pytest.raises(NoticeNotOpen):
        await end_notice(conn, member, sent.id, now=NOW)
    for _ in range(MAX_OPEN_NOTICES):
        await add(conn, member, charity)
    with pytest.raises(NoticeInvalid, match="invalid"):
        await add(conn, member, charity)


async def test_a_notice_that_nobody_checked_in_time_is_refused(conn: Connection, seal: Seal) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    member, charity = await make_organiser(conn, county)
    sent = await add(conn, member, charity)
    late = NOW + timedelta(days=10)
    with pytest.raises(NoticeNotOpen):
        await check_notice(conn, seal, county, "130624", sent.id, live=True, reason="", now=late)
    assert await count_notices_to_check(conn, "130624") == 1
    await check_notice(conn, seal, county, "130624", sent.id, live=False, reason="日子过了", now=late)
    assert await count_notices_to_check(conn, "130624") == 0
    [own] = await list_organisation_notices(conn, member, charity, day=late.date())
    assert own.state is NoticeState.REFUSED


async def test_the_schema_takes_no_notice_for_money_or_of_an_organiser_that_nobody_checked(conn: Connection) -> None:
    county = await make_official_actor(conn, Role.COUNTY, "130624")
    member, charity = await make_organiser(conn, county)
    _, company = await make_organiser(conn, county, OrganisationKind.COMPANY, "91130624MA0XAMPL0Q")
    insert = """
        INSERT INTO charity_notices (organisation_id, village_code, kind, title, place, note, valid_during, added_by,
                                     added_at)
        VALUES ($1, '130624107221', 'blood', '献血', '村委会', $2, $3, $4, now())
    """
    during = asyncpg.Range(TODAY, TODAY + timedelta(days=1))
    for organisation, note, days in (
        (company, "", during),
        (charity, "账 622202123456789", during),
        (charity, "看 http://a.cn", during),
        (charity, "扫码", during),
        (charity, "", asyncpg.Range(TODAY, None)),
        (charity, "", asyncpg.Range(TODAY, date(2020, 2, 1))),
    ):
        with pytest.raises(asyncpg.PostgresError):
            async with conn.transaction():
                await conn.execute(insert, organisation, note, days, member.account_id)
    await conn.execute(insert, charity, "带身份证", during, member.account_id)
    with pytest.raises(asyncpg.CheckViolationError):
        async with conn.transaction():
            await conn.execute(
                "UPDATE charity_notices SET state = 'live', checked_by = added_by, checked_at = added_at"
            )


@pytest.mark.parametrize(
    "text",
    [
        "给孩子捐 款", "爱心捐款箱", "微信转账", "扫下面的二维码", "支付宝也行", "一人五十元",
        "交 20 元", "￥100", "每家 200块钱",
        "卡上 6222 0212 3456 7890 123", "六二二二零二一二三四五六七八九零", "看 www.aixin.cn", "打 13900009001",
        "加VX", "募捐", "红包",
        "户名某某，开户行农行", "收款码在门口", "QR",
    ],
)  # fmt: skip
def test_what_asks_for_money_is_found(text: str) -> None:
    assert find_money(text)


@pytest.mark.parametrize(
    "text",
    [
        "上午八点到十二点，带身份证", "2026年11月28日，村小学三年级教室", "献血 200 到 400 毫升，有牛奶和纪念品",
        "收旧书、旧衣服，洗干净",
        "陪老人说话、理发，报名找村委会", "给二十个孩子补数学",
    ],
)  # fmt: skip
def test_what_asks_for_none_is_taken(text: str) -> None:
    assert find_money(text) is None


@given(digits=st.text("0123456789", min_size=9, max_size=19), gap=st.sampled_from(["", " ", "-", "—", "."]))
def test_no_long_number_stands_in_a_notice(digits: str, gap: str) -> None:
    assert find_money(f"联系 {gap.join(digits)} 谢谢")
