"""The catalogue over HTTP: from the first sign-in to a product that search finds."""

import io
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.models import Role
from tests.support.app import Service, build_settings, run_service
from tests.support.make import VILLAGE, compute_totp_code, make_official, make_phone, make_product, make_stay

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
async def service(dsn: str, folder: Path) -> AsyncGenerator[Service]:
    async with run_service(build_settings(dsn, folder)) as running:
        yield running


async def read_code(owner: Connection, seal: Seal) -> str:
    sealed = await owner.fetchval(
        "SELECT facts_sealed FROM messages WHERE template = 'code' ORDER BY queued_at DESC LIMIT 1"
    )
    return json.loads(seal.open(sealed, "messages.facts"))["code"]


async def sign_in(service: Service, owner: Connection, seal: Seal, phone: str, **more: Any) -> str:
    sent = await service.call("RequestCode", {"phone": phone})
    assert sent.status_code == 201, sent.text
    body = {"phone": phone, "code": await read_code(owner, seal), **more}
    response = await service.call("SignIn", body)
    assert response.status_code == 201, response.text
    return response.json()["token"]


async def sign_in_official(service: Service, owner: Connection, seal: Seal, role: Role, scope: str) -> str:
    phone = make_phone()
    account_id = await make_official(owner, role, scope, phone=phone)
    await owner.execute(
        "UPDATE accounts SET totp_sealed = $2 WHERE id = $1", account_id, seal.seal(SECRET, "accounts.totp")
    )
    now = await owner.fetchval("SELECT now()")
    return await sign_in(service, owner, seal, phone, second_factor=compute_totp_code(SECRET, now))


def a_photo(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, "JPEG")
    return out.getvalue()


async def test_a_farmer_is_admitted_publishes_and_is_found(service: Service, owner: Connection, seal: Seal) -> None:
    farmer = await sign_in(service, owner, seal, make_phone())
    certificate = await service.call(
        "UploadPhoto", token=farmer, files={"photo": ("a.jpg", a_photo()), "purpose": (None, "certificate")}
    )
    assert certificate.status_code == 201, certificate.text
    application = {
        "kind": "household",
        "name": "样例革新庄枣园",
        "village_code": VILLAGE,
        "produce": "大枣",
        "applicant": "样例农户",
        "certificates": [{"kind": "identity", "photo_id": certificate.json()["id"]}],
    }
    applied = await service.call("ApplyProducer", application, token=farmer, key="apply-1")
    again = await service.call("ApplyProducer", application, token=farmer, key="apply-1")
    assert applied.status_code == 201, applied.text
    assert again.json() == applied.json()
    producer_id = applied.json()["producer"]["id"]
    for role, scope, step in (
        (Role.VILLAGE, VILLAGE, "confirm"),
        (Role.COUNTY, "130624", "recommend"),
        (Role.COUNTY, "130624", "approve"),
    ):
        token = await sign_in_official(service, owner, seal, role, scope)
        waiting = await service.call("ListWaitingProducers", token=token)
        assert [row["id"] for row in waiting.json()["items"]] == [producer_id]
        photo = await service.call("GetPrivatePhoto", token=token, path={"photo_id": certificate.json()["id"]})
        assert photo.headers["content-type"] == "image/webp"
        decided = await service.call("DecideProducer", {"step": step}, token=token, path={"producer_id": producer_id})
        assert decided.status_code == 201, decided.text
    photo = await service.call("UploadPhoto", token=farmer, files={"photo": ("b.jpg", a_photo())})
    product = {
        "title": "阜平大枣 礼箱",
        "category": "fruit",
        "unit": "5斤箱",
        "price_fen": 45_00,
        "quantity": 50,
        "photo_id": photo.json()["id"],
    }
    published = await service.call("PublishProduct", product, token=farmer)
    assert published.status_code == 201, published.text
    found = await service.call("SearchListings", query={"q": "大枣", "place": "130624"})
    assert found.headers["cache-control"] == "public, max-age=1"
    [card] = found.json()["items"]
    assert (card["id"], card["per_kg_fen"], card["left"]) == (published.json()["listing_id"], 18_00, 50)
    picture = await service.http.get(f"/photos/{card['photo']}-480.webp")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp")
    assert picture.headers["cache-control"] == "public, max-age=31536000, immutable"
    shop = await service.call("GetProducer", path={"producer_id": producer_id})
    assert (shop.json()["producer"]["name"], shop.json()["admission"]) == ("样例革新庄枣园", None)
    assert [each["id"] for each in shop.json()["listings"]] == [card["id"]]
    templates = await service.call("GetTemplates", token=farmer, query={"producer_id": producer_id})
    assert "阜平大枣" in [template["name"] for template in templates.json()]


async def test_every_photo_that_is_stored_is_counted(service: Service, owner: Connection, seal: Seal) -> None:
    farmer = await sign_in(service, owner, seal, make_phone())
    account = await owner.fetchval("SELECT account_id FROM sessions ORDER BY created_at DESC LIMIT 1")
    photos = [("a.jpg", a_photo()), ("b.jpg", a_photo("blue"))]
    answers = [await service.call("UploadPhoto", token=farmer, files={"photo": each}, key="one") for each in photos]
    assert [each.status_code for each in answers] == [201, 422]
    assert await owner.fetchval("SELECT count(*) FROM photos WHERE owner_id = $1", account) == 2


async def test_failed_sign_in_attempts_count_although_they_are_refused(
    service: Service, owner: Connection, seal: Seal
) -> None:
    phone = make_phone()
    await service.call("RequestCode", {"phone": phone})
    code = await read_code(owner, seal)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    responses = [await service.call("SignIn", {"phone": phone, "code": wrong}) for _ in range(5)]
    responses.append(await service.call("SignIn", {"phone": phone, "code": code}))
    assert [(response.status_code, response.json()["code"]) for response in responses] == [(401, "wrong_code")] * 6


async def test_signing_out_ends_the_session(service: Service, owner: Connection, seal: Seal) -> None:
    phone = make_phone()
    token = await sign_in(service, owner, seal, phone)
    me = await service.call("GetMe", token=token)
    assert (me.json()["phone"], me.json()["grants"]) == (f"{phone[:3]}****{phone[-4:]}", [])
    assert [each["current"] for each in (await service.call("ListSessions", token=token)).json()] == [True]
    assert (await service.call("SignOut", token=token)).status_code == 204
    assert (await service.call("GetMe", token=token)).status_code == 401


async def test_a_second_code_within_a_minute_returns_429(service: Service) -> None:
    phone = make_phone()
    statuses = [(await service.call("RequestCode", {"phone": phone})).status_code for _ in range(3)]
    assert statuses == [201, 429, 429]


@pytest.mark.parametrize(
    "more", [{"state": "live"}, {"commission_bp": 0}, {"county_code": "130624"}, {"role": "platform"}]
)
async def test_unknown_fields_in_a_body_are_refused(
    service: Service, owner: Connection, seal: Seal, more: dict[str, object]
) -> None:
    farmer = await sign_in(service, owner, seal, make_phone())
    body = {"title": "大枣", "category": "fruit", "unit": "箱", "price_fen": 1, "quantity": 1, **more}
    response = await service.call("PublishProduct", body, token=farmer)
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert await owner.fetchval("SELECT count(*) FROM listings") == 0


async def test_listings_are_public(service: Service, owner: Connection) -> None:
    product, stay = await make_product(owner), await make_stay(owner)
    read = await service.call("GetProduct", path={"listing_id": product.listing_id})
    assert (read.status_code, read.headers["cache-control"]) == (200, "public, max-age=1")
    assert read.json()["listing"]["village"] == "革新庄"[:3] + "村"
    read = await service.call("GetStay", path={"listing_id": stay.listing_id})
    assert (len(read.json()["rooms"]), len(read.json()["tiers"])) == (2, 6)
    assert (await service.call("GetStay", path={"listing_id": product.listing_id})).status_code == 404
    categories = (await service.call("ListCategories")).json()
    assert {each["code"]: each["count"] for each in categories}["fruit"] == 1
    assert [each["code"] for each in (await service.call("ListCounties")).json()] == ["130624"]
    for query in ({"place": "1"}, {"category": "\x00"}, {"most": "1000"}, {"sort": "best"}, {"kind": "x"}):
        response = await service.call("SearchListings", query=query)
        assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    response = await service.call("SearchListings", query={"q": "大\x00枣"})
    assert [each["id"] for each in response.json()["items"]] == [str(product.listing_id)]
    divisions = (await service.call("ListDivisions", query={"parent": "130624000000"})).json()
    assert len(divisions) == 14


async def test_other_photo_paths_return_nothing(service: Service) -> None:
    for name in ("..%2f..%2fsecret", "a.webp", "%00", "x" * 300):
        response = await service.http.get(f"/photos/{name}")
        assert response.status_code in {400, 404}
