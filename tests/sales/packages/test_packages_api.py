"""A package over the JSON API: composed, agreed to, sold, booked, and its rest cancelled."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from market.kernel import Database
from market.people.identity.sign_in import sign_in_without_code
from payments.sandbox import Sandbox
from tests.conftest import NOW
from tests.sales.packages.village import MORNING, make_households, make_new_package
from tests.support.app import Service, build_settings, run_service
from tests.support.browser import PageClient
from tests.support.shop import make_buyer

ADDRESS = {"name": "样例买家", "phone": "13900009001", "region_code": "130100", "street": "样例路 1 号"}
WISH = {"arrive_on": "2019-09-21", "times": [{"position": 2, "starts_at": MORNING.isoformat()}]}


class VillageService:
    """A service with the households of a village and a buyer, each with a token."""

    def __init__(self, service: Service, made: dict[str, Any], tokens: dict[str, str]) -> None:
        self.service, self.made, self.tokens = service, made, tokens

    async def call(
        self, who: str, operation: str, body: Any = None, *, key: str | None = None, query: Any = None, **path: object
    ) -> tuple[int, Any]:
        answer = await self.service.call(operation, body, token=self.tokens[who], key=key, query=query, path=path)
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
async def village_service(
    dsn: str, database: Database, folder: Path, sandbox: Sandbox
) -> AsyncGenerator[VillageService]:
    settings = build_settings(
        dsn, folder, stripe_base=sandbox.url, stripe_webhook_secret=sandbox.secret, now=NOW, pool_size=4
    )
    async with run_service(settings) as service:
        async with database.transaction() as conn:
            made = await make_households(conn)
            people = {
                "guide": made["guide"], "host": made["hosts"][0], "other": made["hosts"][1], "orchard": made["orchard"],
                "buyer": await make_buyer(conn),
            }  # fmt: skip
            tokens = {
                name: (await sign_in_without_code(conn, each.account_id, now=NOW, second_factor=False)).token
                for name, each in people.items()
            }
        yield VillageService(service, made, tokens)


async def test_a_package_over_http(village_service: VillageService) -> None:
    call, made = village_service.call, village_service.made
    organiser = str(made["guide"].producers[0])
    new = make_new_package(
        tuple(each.variant_id for each in made["stays"]), made["activity"].variant_id, made["product"].variant_id
    )
    status, choices = await call("guide", "ListPackageChoices", producer_id=organiser)
    assert (status, {each["title"] for each in choices}) == (200, {"农家院客房", "革新庄采摘 上午场", "阜平大枣 礼箱"})
    body = msgspec.to_builtins(new)
    status, composed = await call("guide", "ComposePackage", body, producer_id=organiser)
    assert (status, composed["state"]) == (201, "draft")
    own = {"producer_id": organiser, "package_id": composed["id"]}
    assert (await call("guide", "PublishPackage", **own))[1]["code"] == "package_not_ready"
    for name in ("host", "other", "orchard"):
        producer_id = str((made["orchard"] if name == "orchard" else made["hosts"][name == "other"]).producers[0])
        _, [invited] = await call(name, "ListPackageInvitations", producer_id=producer_id)
        assert [part["share_fen"] for part in invited["own_parts"]] == [39_99 if name == "orchard" else 250_00]
        answered = await call(
            name, "AnswerPackage", {"agrees": True}, producer_id=producer_id, package_id=invited["id"]
        )
        assert answered == (204, None)
    assert (await call("guide", "PublishPackage", **own))[1]["state"] == "live"
    number = composed["number"]
    _, page = await call("buyer", "ListPackages")
    [offer] = page["items"]
    assert "share_fen" not in offer["parts"][0]
    assert (await call("buyer", "GetPackage", number=number))[1] == offer
    _, free = await call("buyer", "GetPackageAvailability", number=number, query={"arrive_on": "2019-09-21"})
    assert [(each["position"], each["packages"]) for each in free] == [(1, 4), (2, 10), (3, 50)]
    _, quote = await call("buyer", "QuotePackage", {**WISH, "region_code": "130100"}, number=number)
    assert (quote["total_fen"], quote["tiers"][0]) == (
        400_00,
        {"holiday": False, "days_before": 7, "refund_bp": 10_000},
    )
    order = {**WISH, "address": ADDRESS, "total_fen": quote["total_fen"]}
    status, placed = await call("buyer", "BookPackage", order, number=number, key="one")
    assert (status, placed["total_fen"]) == (201, 400_00)
    assert await call("buyer", "BookPackage", order, number=number, key="one") == (201, placed)
    _, ordered = await call("buyer", "GetOrderPackage", order_id=placed["id"])
    assert [part["amount_fen"] for part in ordered["parts"]] == [250_00, 110_01, 39_99]
    status, refused = await call("buyer", "CancelPackageRest", order_id=placed["id"])
    assert (status, refused["code"]) == (409, "package_rest_not_free")
    assert (await call("guide", "WithdrawPackage", **own))[1]["state"] == "withdrawn"
    assert (await call("buyer", "GetPackage", number=number))[0] == 404
    [listed] = (await call("guide", "ListProducerPackages", producer_id=organiser))[1]
    assert listed == (await call("guide", "GetProducerPackage", **own))[1]


async def compose_with_orchard(village_service: VillageService) -> None:
    """Compose a package of which the orchard agreed to supply a part."""
    call, made = village_service.call, village_service.made
    stays = tuple(each.variant_id for each in made["stays"])
    new = make_new_package(stays, made["activity"].variant_id, made["product"].variant_id)
    organiser, orchard = (str(made[each].producers[0]) for each in ("guide", "orchard"))
    _, composed = await call("guide", "ComposePackage", msgspec.to_builtins(new), producer_id=organiser)
    await call("orchard", "AnswerPackage", {"agrees": True}, producer_id=orchard, package_id=composed["id"])


@pytest.mark.parametrize("ends", [False, True])
@pytest.mark.parametrize("by_page", [False, True])
async def test_who_composed_a_package_is_told_of_a_pack_that_is_gone(
    village_service: VillageService, database: Database, *, ends: bool, by_page: bool
) -> None:
    call, made = village_service.call, village_service.made
    product = made["product"]
    await compose_with_orchard(village_service)
    more = {"unit": "3斤箱", "price_fen": 30_00, "quantity": 5}
    # Another pack is no part of the package.
    _, added = await call("orchard", "AddPack", more, listing_id=product.listing_id)
    await call("orchard", "ReplacePack", {**more, "unit": "4斤箱"}, variant_id=added["variant_id"])
    assert await list_told(database) == []
    if by_page:
        number = await read(database, "SELECT number FROM listings WHERE id = $1", product.listing_id)
        async with PageClient(village_service.service.app) as farm:
            farm.client.cookies.set("session", village_service.tokens["orchard"])
            await farm.open(f"/farm/listings/{number}/edit")
            if ends:
                await farm.submit(f"/farm/listings/{number}/packs/end", ended=str(product.variant_id))
            else:
                typed = {"variant": str(product.variant_id), "pack": "2斤盒", "price": "20", "left": "30"}
                await farm.submit(f"/farm/listings/{number}/packs", typed=typed)
    elif ends:
        await call("orchard", "EndPack", variant_id=product.variant_id)
    else:
        await call("orchard", "ReplacePack", {**more, "unit": "2斤盒"}, variant_id=product.variant_id)
    phone = await read(database, "SELECT phone_index FROM accounts WHERE id = $1", made["guide"].account_id)
    assert await list_told(database) == [phone]


@pytest.mark.parametrize("by_page", [False, True])
async def test_who_composed_a_package_is_told_of_a_listing_that_is_withdrawn(
    village_service: VillageService, database: Database, *, by_page: bool
) -> None:
    call, made = village_service.call, village_service.made
    product = made["product"]
    await compose_with_orchard(village_service)
    if by_page:
        number = await read(database, "SELECT number FROM listings WHERE id = $1", product.listing_id)
        async with PageClient(village_service.service.app) as farm:
            farm.client.cookies.set("session", village_service.tokens["orchard"])
            await farm.open(f"/farm/listings/{number}")
            await farm.submit(f"/farm/listings/{number}", press=("move", "withdraw"))
            await farm.submit(f"/farm/listings/{number}", press=("move", "relist"))
    else:
        for move in ("withdraw", "relist"):
            await call("orchard", "MoveListing", {"move": move}, listing_id=product.listing_id)
    phone = await read(database, "SELECT phone_index FROM accounts WHERE id = $1", made["guide"].account_id)
    assert await list_told(database) == [phone]


async def read(database: Database, sql: str, *given: object) -> Any:
    async with database.connection() as conn:
        return await conn.fetchval(sql, *given)


async def list_told(database: Database) -> list[bytes]:
    async with database.connection() as conn:
        rows = await conn.fetch("SELECT phone_index FROM messages WHERE template = 'package_lacking'")
    return [row["phone_index"] for row in rows]
