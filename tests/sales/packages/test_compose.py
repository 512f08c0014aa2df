"""Composing a package, the households' consent, and putting it on sale."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from msgspec import structs

from market.kernel import Refusal
from market.people.identity.models import NotFound
from market.people.moderation.forbidden_words import ForbiddenWord
from market.sales.packages.compose import compose_package, list_near_variants
from market.sales.packages.consent import answer_package, publish_package, withdraw_package
from market.sales.packages.models import (
    ConsentOfHelper,
    InvalidPackage,
    NewPackage,
    NewPart,
    Package,
    PackageNotReady,
    PackageState,
    TooManyPackages,
)
from market.sales.packages.read import PackageFilters, get_own_package, list_invitations, list_offers, list_own_packages
from tests.conftest import NOW
from tests.sales.packages.village import Village, make_households, make_new_package
from tests.support.make import (
    VILLAGE_OF_OTHER_COUNTY,
    add_member,
    days_since,
    load_actor,
    make_account,
    make_producer,
    make_product,
)
from tests.support.shop import Shopping


async def make_draft(shopping: Shopping, **more: Any) -> tuple[dict[str, Any], Package]:
    async with shopping.db.transaction() as conn:
        made = await make_households(conn)
        new = make_new_package(
            tuple(each.variant_id for each in made["stays"]), made["activity"].variant_id, made["product"].variant_id,
            **more,
        )  # fmt: skip
        return made, await compose_package(conn, shopping.seal, made["guide"], new, now=NOW)


async def answer(shopping: Shopping, household: Any, package: Package, *, agrees: bool) -> Package:
    async with shopping.db.transaction() as conn:
        return await answer_package(
            conn, shopping.seal, household, household.producers[0], package.id, agrees=agrees, now=NOW
        )


async def publish(shopping: Shopping, made: dict[str, Any], package: Package) -> Package:
    async with shopping.db.transaction() as conn:
        return await publish_package(conn, made["guide"], made["guide"].producers[0], package.id, now=NOW)


async def list_sold(shopping: Shopping, **more: Any) -> list[str]:
    async with shopping.db.connection() as conn:
        return [each.title for each in (await list_offers(conn, PackageFilters(**more), today=NOW.date())).items]


async def test_nothing_is_on_sale_before_every_household_agreed(shopping: Shopping) -> None:
    made, package = await make_draft(shopping)
    assert (package.state, await list_sold(shopping)) == ("draft", [])
    for household in (*made["hosts"], made["orchard"]):
        with pytest.raises(PackageNotReady) as raised:
            await publish(shopping, made, package)
        assert "还没答复" in raised.value.text()
        assert await answer(shopping, household, package, agrees=True)
    assert (await publish(shopping, made, package)).state == "live"
    assert await list_sold(shopping) == ["枣乡两日"]
    assert await list_sold(shopping, division="130624") == ["枣乡两日"]
    assert await list_sold(shopping, division="1307") == []


async def test_each_household_is_asked_for_its_own_part_and_share(shopping: Shopping) -> None:
    made, package = await make_draft(shopping)
    told = [facts for template, facts in await shopping.messages() if template == "package_asked"]
    assert sorted(told) == sorted(
        f'{{"organiser":"样例合作社","title":"枣乡两日","amount":"{amount}"}}'
        for amount in ("250.00", "250.00", "39.99")
    )
    async with shopping.db.connection() as conn:
        [invited] = await list_invitations(conn, made["orchard"], made["orchard"].producers[0])
        assert [(part.title, part.quantity, part.share_fen, part.state) for part in invited.own_parts] == [
            ("阜平大枣 礼箱", 1, 39_99, "asked")
        ]
        assert invited.others == ["样例农家甲：农家院客房", "样例农家乙：农家院客房", "样例合作社：革新庄采摘 上午场"]
        assert await list_invitations(conn, made["guide"], made["guide"].producers[0]) == []
        [own] = await list_own_packages(conn, made["guide"], made["guide"].producers[0])
        assert own == package
        for stranger, producer_id in ((made["orchard"], package.producer_id), (made["guide"], uuid4())):
            with pytest.raises(NotFound):
                await list_own_packages(conn, stranger, producer_id)
        with pytest.raises(NotFound):
            await get_own_package(conn, made["orchard"], made["orchard"].producers[0], package.id)


async def test_a_household_that_declines_ends_what_nobody_else_supplies(shopping: Shopping) -> None:
    made, package = await make_draft(shopping)
    await answer(shopping, made["hosts"][0], package, agrees=False)
    assert ("package_declined", '{"household":"样例农家甲","title":"枣乡两日","ended":""}') in await shopping.messages()
    for household in (made["hosts"][1], made["orchard"]):
        await answer(shopping, household, package, agrees=True)
    assert (await publish(shopping, made, package)).state == "live"
    assert (await answer(shopping, made["orchard"], package, agrees=False)).state == "withdrawn"
    assert ("package_declined", '{"household":"样例枣园","title":"枣乡两日","ended":"，套餐停卖了"}') in (
        await shopping.messages()
    )
    with pytest.raises(PackageNotReady):
        await publish(shopping, made, package)
    messages = len(await shopping.messages())
    for agrees in (True, False, True, False, True):
        await answer(shopping, made["orchard"], package, agrees=agrees)
    assert len(await shopping.messages()) == messages
    assert (await publish(shopping, made, package)).state == "live"


async def test_a_pool_goes_on_without_one_of_its_households(shopping: Shopping) -> None:
    made, package = await make_draft(shopping)
    for household in (*made["hosts"], made["orchard"]):
        await answer(shopping, household, package, agrees=True)
    await publish(shopping, made, package)
    assert (await answer(shopping, made["hosts"][0], package, agrees=False)).state == "live"
    assert (await answer(shopping, made["hosts"][1], package, agrees=False)).state == "withdrawn"


async def test_only_the_household_itself_agrees(shopping: Shopping) -> None:
    made, package = await make_draft(shopping)
    host = made["hosts"][0]
    async with shopping.db.transaction() as conn:
        helper_id = await make_account(conn, name="样例帮手")
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', $3)", host.producers[0], helper_id, days_since()
        )
        helper = await load_actor(conn, helper_id)
        member = await add_member(conn, host.producers[0], "样例家人")
    with pytest.raises(ConsentOfHelper):
        await answer(shopping, helper, package, agrees=True)
    agreed = await answer(shopping, member, package, agrees=True)
    assert agreed.parts[0].suppliers[0].state == "agreed"
    for stranger in (made["guide"], shopping.buyer):
        async with shopping.db.transaction() as conn:
            with pytest.raises(NotFound):
                await answer_package(conn, shopping.seal, stranger, host.producers[0], package.id, agrees=True, now=NOW)
    async with shopping.db.transaction() as conn:
        other = await make_producer(conn)
        outsider = await add_member(conn, other, "样例外人")
        with pytest.raises(NotFound):
            await answer_package(conn, shopping.seal, outsider, other, package.id, agrees=True, now=NOW)
        for move in (publish_package, withdraw_package):
            with pytest.raises(NotFound):
                await move(conn, host, host.producers[0], package.id, now=NOW)


async def test_without_shares_the_price_is_divided_by_the_usual_prices(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        made = await make_households(conn)
        parts = [
            NewPart(variant_ids=[made["stays"][0].variant_id], quantity=1),
            NewPart(variant_ids=[made["activity"].variant_id], quantity=2),
            NewPart(variant_ids=[made["product"].variant_id], quantity=1),
        ]
        new = make_new_package((), made["activity"].variant_id, made["product"].variant_id, parts=parts, nights=2)
        package = await compose_package(conn, shopping.seal, made["guide"], new, now=NOW)
    # 400 元 for two nights at 280, two persons at 30 and a box at 45: of 665 元.
    assert [part.share_fen for part in package.parts] == [336_84, 36_09, 27_07]


async def find_faults(shopping: Shopping, made: dict[str, Any], new: NewPackage) -> dict[str, str]:
    async with shopping.db.connection() as conn:
        with pytest.raises(Refusal) as raised:
            await compose_package(conn, shopping.seal, made["guide"], new, now=NOW)
    assert isinstance(raised.value, InvalidPackage)
    return {fault.field: fault.message for fault in raised.value.errors}


async def test_every_invalid_field_is_named_with_what_would_be_right(shopping: Shopping) -> None:
    made, _ = await make_draft(shopping)
    stay, other = (each.variant_id for each in made["stays"])
    activity, product = made["activity"].variant_id, made["product"].variant_id
    new = make_new_package((stay,), activity, product)
    assert await find_faults(
        shopping,
        made,
        structs.replace(
            new, title="枣", persons=0, nights=31, starts_on=date(2019, 12, 1), ends_on=date(2019, 9, 1), price_fen=1
        ),
    ) == {
        "title": "名称写 2 到 60 个字", "persons": "几个人用，1 到 50", "nights": "住几晚，0 到 30",
        "price_fen": "各家分的加起来是 400.00 元，和价格 0.01 元对不上",
        "starts_on": "头一天不能晚于最后一天", "ends_on": "最后一天从今天起，最远 366 天",
    }  # fmt: skip
    cases: list[tuple[list[NewPart], dict[str, str]]] = [
        ([NewPart(variant_ids=[stay], quantity=1, share_fen=400_00)], {"parts": "选 2 到 8 样"}),
        (
            [NewPart(variant_ids=[stay], quantity=0), NewPart(variant_ids=[uuid4()], quantity=1, share_fen=99)],
            {
                "parts[0].quantity": "几样，1 到 50", "parts[1].share_fen": "每一样最少分 1.00 元",
                "parts[1].variant_ids": "有一样现在不卖，或者不是本县的",
            },
        ),
        (
            [NewPart(variant_ids=[stay, activity], quantity=1), NewPart(variant_ids=[stay], quantity=1)],
            {
                "parts[0].variant_ids": "能互换的要是同一类：都是住的、都是玩的，或者都是东西",
                "parts[1].variant_ids": "同一样只能选一次",
            },
        ),
        (
            [NewPart(variant_ids=[stay], quantity=1, share_fen=100_00), NewPart(variant_ids=[other], quantity=1)],
            {"parts[1].share_fen": "每一样都写分多少，或者都空着"},
        ),
        (
            [
                NewPart(variant_ids=[stay], quantity=1, share_fen=100_00),
                NewPart(variant_ids=[product], quantity=1, share_fen=299_99),
            ],
            {"price_fen": "各家分的加起来是 399.99 元，和价格 400.00 元对不上"},
        ),
    ]  # fmt: skip
    for parts, faults in cases:
        assert await find_faults(shopping, made, structs.replace(new, parts=parts)) == faults
    visits = [NewPart(variant_ids=[activity], quantity=2), NewPart(variant_ids=[product], quantity=1)]
    assert await find_faults(shopping, made, structs.replace(new, parts=visits)) == {
        "nights": "套餐里没有住的，这里写 0"
    }
    cheap = structs.replace(new, parts=[structs.replace(each, share_fen=None) for each in new.parts], price_fen=3_00)
    assert await find_faults(shopping, made, cheap) == {"price_fen": "价格太低，分下来有一样不到 1.00 元"}


async def test_what_a_package_cannot_have(shopping: Shopping) -> None:
    made, _ = await make_draft(shopping)
    activity = made["activity"].variant_id
    async with shopping.db.transaction() as conn:
        weighed = await make_product(conn, made["orchard"].producers[0], ceiling_bp=11_000)
        far = await make_product(conn, await make_producer(conn, village=VILLAGE_OF_OTHER_COUNTY))
        own = await make_product(conn, made["guide"].producers[0])
        near = await list_near_variants(conn, made["guide"], made["guide"].producers[0], now=NOW)
    offered = {each.variant_id for each in near}
    assert made["product"].variant_id in offered
    assert offered.isdisjoint({weighed.variant_id, far.variant_id})
    base = make_new_package((), activity, activity, nights=0)

    def with_part(variant: Any) -> NewPackage:
        parts = [NewPart(variant_ids=[activity], quantity=2), NewPart(variant_ids=[variant], quantity=1)]
        return structs.replace(base, parts=parts)

    assert await find_faults(shopping, made, with_part(weighed.variant_id)) == {
        "parts[1].variant_ids": "要称重的、预售的，不能进套餐"
    }
    assert await find_faults(shopping, made, with_part(far.variant_id)) == {
        "parts[1].variant_ids": "有一样现在不卖，或者不是本县的"
    }
    assert await find_faults(shopping, made, with_part(own.variant_id)) == {"parts": "套餐至少要有两家一起做"}
    goods = [
        NewPart(variant_ids=[own.variant_id], quantity=1), NewPart(variant_ids=[made["product"].variant_id], quantity=1)
    ]  # fmt: skip
    assert await find_faults(shopping, made, structs.replace(base, parts=goods)) == {
        "parts": "至少有一样住的或者玩的；只卖东西，不用套餐"
    }
    for story in ("吃了降血压", "打 13900001234 便宜"):
        async with shopping.db.connection() as conn:
            new = structs.replace(with_part(made["product"].variant_id), story=story)
            with pytest.raises(ForbiddenWord):
                await compose_package(conn, shopping.seal, made["guide"], new, now=NOW)


async def test_a_producer_asks_the_village_at_most_twenty_times_a_day(shopping: Shopping) -> None:
    made, package = await make_draft(shopping)
    async with shopping.db.transaction() as conn:
        new = make_new_package((made["stays"][0].variant_id,), made["activity"].variant_id, made["product"].variant_id)
        for _ in range(19):
            again = await compose_package(conn, shopping.seal, made["guide"], new, now=NOW)
            await withdraw_package(conn, made["guide"], package.producer_id, again.id, now=NOW)
        with pytest.raises(TooManyPackages):
            await compose_package(conn, shopping.seal, made["guide"], new, now=NOW + timedelta(hours=23))
        await compose_package(conn, shopping.seal, made["guide"], new, now=NOW + timedelta(hours=25))


async def test_a_withdrawn_package_is_sold_again_only_beside_fewer_than_twenty(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.sales.packages.compose.MAX_OPEN_PACKAGES", 1)
    guide, later = village.guide, NOW + timedelta(days=2)
    new = make_new_package(
        (village.stays[0].variant_id,), village.activity.variant_id, village.product.variant_id
    )  # fmt: skip
    async with village.shopping.db.transaction() as conn:
        await withdraw_package(conn, guide, village.package.producer_id, village.package.id, now=NOW)
        await publish_package(conn, guide, village.package.producer_id, village.package.id, now=NOW)
        await withdraw_package(conn, guide, village.package.producer_id, village.package.id, now=NOW)
        other = await compose_package(conn, village.shopping.seal, guide, new, now=later)
        with pytest.raises(TooManyPackages):
            await publish_package(conn, guide, village.package.producer_id, village.package.id, now=later)
        await withdraw_package(conn, guide, other.producer_id, other.id, now=later)
        sold = await publish_package(conn, guide, other.producer_id, village.package.id, now=later + timedelta(days=2))
    assert sold.state is PackageState.LIVE


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE packages SET price_fen = price_fen + 1",
        "UPDATE packages SET nights = 0",
        "UPDATE packages SET state = 'live', published_at = now()",
        "INSERT INTO package_parts VALUES ($1, 4, 'product', 1, 100)",
        # The shares add up, and nobody supplies the part.
        (
            "WITH raised AS (UPDATE packages SET price_fen = price_fen + 100)"
            " INSERT INTO package_parts VALUES ($1, 4, 'product', 1, 100)"
        ),
    ],
)
async def test_the_schema_refuses_a_package_that_is_not_complete(
    shopping: Shopping, owner: asyncpg.Connection, statement: str
) -> None:
    _, package = await make_draft(shopping)
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute(statement, *([package.id] if "$1" in statement else []))
    with pytest.raises(asyncpg.PostgresError) as raised:
        await owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert raised.value.sqlstate == "P0121"
    await transaction.rollback()


# Another household of the first part has agreed; the third part has one alone.
@pytest.mark.parametrize(("left", "position", "ordinal"), [("asked", 1, 2), ("declined", 3, 1)])
async def test_the_schema_refuses_to_sell_what_a_household_does_not_supply(
    village: Village, owner: asyncpg.Connection, left: str, position: int, ordinal: int
) -> None:
    await owner.execute("ALTER TABLE package_suppliers DROP CONSTRAINT package_suppliers_decided")
    with pytest.raises(asyncpg.PostgresError) as raised:
        await owner.execute(
            "UPDATE package_suppliers SET state = $1 WHERE position = $2 AND ordinal = $3", left, position, ordinal
        )
    assert raised.value.sqlstate == "P0121"
    with pytest.raises(asyncpg.PostgresError) as raised:
        await owner.execute("UPDATE package_suppliers SET producer_id = $1", village.package.producer_id)
    assert raised.value.sqlstate == "P0121"
