"""Ids of others in bodies, forms, queries and files; and privileged fields in a body that does not accept them."""

from typing import Any

import msgspec
import pytest
from msgspec import Struct

from tests.access.actors import OTHER_COUNTY, OTHER_COUNTY_OFFICIAL
from tests.access.client import AccessClient
from tests.access.other_county import OTHER_HOUSEHOLD, OTHER_LINE, REGISTER
from tests.access.policies import SIGNED_IN as ANY
from tests.access.route_case import FixtureId as Id
from tests.access.route_case import RouteCase, UploadedFile, get, post, put
from tests.access.route_cases_api import (
    ACTIVITY,
    APPLICATION,
    FINDING,
    FREIGHT,
    LINES,
    ORDER,
    PARCEL,
    PRODUCT,
    REFUND,
    REVIEW,
    SEASON,
    STAY,
)
from tests.access.route_cases_pages import PRODUCT as PRODUCT_FORM
from tests.access.route_cases_pages import RECEIVED, REVIEW_PAGE
from tests.access.route_cases_pages import STAY as STAY_FORM
from tests.service.web.desk.county import read_story_file

OTHER_PRODUCER = {"producer_id": Id("other_producer_id")}
OTHER_PRODUCER_FORM = {"producer": Id("other_producer_id")}
OTHER_LISTING = {"listing_id": Id("other_listing_id")}
OTHER_LISTING_QUERY = {"listing": Id("other_listing_number")}
OTHER_COUNTY_ID = {"county": Id("other_county")}
OTHER_CERTIFICATE = {"kind": "origin", "photo_id": Id("other_photo_id")}
OTHER_FINDING = FINDING | {"check": "claim_outside_snapshot", "subject": OTHER_LINE, "stop": [OTHER_LINE]}
OTHER_REGISTER = (UploadedFile("file", "elsewhere.csv", REGISTER.encode()),)
_programmes = msgspec.json.decode(read_story_file("programmes.json")) | {"county_code": OTHER_COUNTY}
OTHER_PROGRAMMES = (
    UploadedFile("file", "elsewhere.json", msgspec.json.encode(_programmes)),
    *(UploadedFile("documents", f"P{n}.txt", read_story_file(f"documents/P{n}.txt")) for n in (1, 2, 3)),
)

MONTH = "/api/v1/counties/{county}/months/{month}"
LINE = MONTH + "/lines/{line}"
DECISIONS = MONTH + "/findings/decisions"
IMPORTS = "/api/v1/counties/{county}/imports"
REVIEWS = "/api/v1/suborders/{suborder_id}/reviews"
RECEIVED_SUBORDER = {"suborder_id": Id("received_suborder_id")}


class RefusedCase(Struct, frozen=True):
    """A request with an id of another account; `code` is that of the refusal, empty for a page."""

    actor: str
    case: RouteCase
    code: str = ""


class HarmlessCase(Struct, frozen=True):
    """A request with an id of another account that returns the actor's own data, or none; `text` is in the response."""

    actor: str
    case: RouteCase
    text: str


class PrivilegedCase(Struct, frozen=True):
    """A valid request, and fields that would give privileges if the service read them."""

    actor: str
    case: RouteCase
    fields: dict[str, Any]


def photo(name: str) -> dict[str, Id]:
    """Return the photo field of a listing."""
    return {"photo_id": Id(name)}


def with_photo(path: str, body: dict[str, Any], name: str) -> RefusedCase:
    """Return a listing of the farmer with a photo that it may not show."""
    return RefusedCase("farmer", post(path, ANY, json=body | photo(name), status=422), "bad_listing")


REFUSED: tuple[RefusedCase, ...] = (
    # another producer
    RefusedCase("farmer", post("/api/v1/products", ANY, json=PRODUCT | OTHER_PRODUCER, status=404), "not_found"),
    RefusedCase("farmer", post("/api/v1/stays", ANY, json=STAY | OTHER_PRODUCER, status=404), "not_found"),
    RefusedCase("farmer", post("/api/v1/activities", ANY, json=ACTIVITY | OTHER_PRODUCER, status=404), "not_found"),
    RefusedCase("farmer", get("/api/v1/templates", ANY, query=OTHER_PRODUCER, status=404), "not_found"),
    RefusedCase(
        "farmer",
        post("/farm/sell/{slug}", ANY, params={"slug": "nut"}, form=PRODUCT_FORM | OTHER_PRODUCER_FORM, status=404),
    ),
    RefusedCase("farmer", post("/farm/sell/stay", ANY, form=STAY_FORM | OTHER_PRODUCER_FORM, status=404)),
    # the photo of another account, or of a certificate, on an own listing or certificate
    with_photo("/api/v1/products", PRODUCT, "other_unlisted_photo_id"),
    with_photo("/api/v1/products", PRODUCT, "other_shown_photo_id"),
    with_photo("/api/v1/stays", STAY, "other_photo_id"),
    with_photo("/api/v1/activities", ACTIVITY, "other_shown_photo_id"),
    with_photo("/api/v1/products", PRODUCT, "photo_id"),
    RefusedCase(
        "farmer",
        post("/api/v1/producers/{producer_id}/certificates", ANY, json=OTHER_CERTIFICATE, status=422),
        "bad_application",
    ),
    RefusedCase(
        "buyer",
        post("/api/v1/producers", ANY, json=APPLICATION | {"certificates": [OTHER_CERTIFICATE]}, status=422),
        "bad_application",
    ),
    # something of another in an own order
    RefusedCase(
        "buyer",
        post(REVIEWS, ANY, params=RECEIVED_SUBORDER, json=REVIEW | OTHER_LISTING, status=404),
        "not_found",
    ),
    RefusedCase("buyer", get(REVIEW_PAGE, ANY, params=RECEIVED, query=OTHER_LISTING_QUERY, status=404)),
    RefusedCase(
        "buyer",
        post(REVIEW_PAGE, ANY, params=RECEIVED, query=OTHER_LISTING_QUERY, form={"rating": "5"}, status=404),
    ),
    RefusedCase(
        "buyer",
        post(
            "/api/v1/orders/{order_id}/receipt",
            ANY,
            params={"order_id": Id("shipped_order_id")},
            json={"positions": [99]},
            status=404,
        ),
        "not_found",
    ),
    RefusedCase(
        "buyer",
        get("/orders/{number}/cancel", ANY, params={"number": Id("order")}, query={"part": "99"}, status=404),
    ),
    RefusedCase("farmer", post("/api/v1/check-ins", ANY, json={"code": Id("other_code")}, status=422), "code_wrong"),
    RefusedCase("farmer", post("/farm/guests", ANY, form={"code": Id("other_code")}, status=422)),
    # another county in the path or the query, or a line of it in the own county
    RefusedCase(OTHER_COUNTY_OFFICIAL, get(MONTH, ANY, status=404), "not_found"),
    RefusedCase("county", get(MONTH, ANY, params=OTHER_COUNTY_ID, status=404), "not_found"),
    RefusedCase("county", get(LINE, ANY, params={"line": Id("other_line")}, status=404), "no_such_line"),
    RefusedCase(OTHER_COUNTY_OFFICIAL, get(LINE, ANY, params=OTHER_COUNTY_ID, status=404), "no_such_line"),
    RefusedCase("township", post(DECISIONS, ANY, json=OTHER_FINDING, status=404), "no_finding"),
    RefusedCase("county", get("/desk", ANY, query=OTHER_COUNTY_ID, status=404)),
    RefusedCase(
        "county",
        get("/desk/sheets/{month}/{name}", ANY, params={"name": "settlement.xlsx"}, query=OTHER_COUNTY_ID, status=404),
    ),
    RefusedCase(
        "importer",
        post("/desk/months/{month}/{step}", ANY, params={"step": "run"}, query=OTHER_COUNTY_ID, status=404),
    ),
    # another county in a file
    RefusedCase("importer", post(f"{IMPORTS}/register", ANY, files=OTHER_REGISTER, status=422), "file_malformed"),
    RefusedCase("policy", post(f"{IMPORTS}/programmes", ANY, files=OTHER_PROGRAMMES, status=422), "file_malformed"),
)

SHOWN: tuple[HarmlessCase, ...] = (
    HarmlessCase("county", get(f"{MONTH}/places", ANY, query={"under": OTHER_HOUSEHOLD}), '"items":[]'),
    HarmlessCase("county", get("/desk/places", ANY, query={"household": OTHER_HOUSEHOLD}), "乡镇村户"),
    HarmlessCase("buyer", get("/api/v1/orders", ANY, query={"before": Id("other_unpaid_order")}), '"items":'),
    HarmlessCase("buyer", get("/me", ANY, query={"before": Id("other_unpaid_order")}), "样例买家甲"),
    HarmlessCase(
        "farmer",
        get("/api/v1/producers/{producer_id}/statement", ANY, query={"before": Id("other_suborder_id")}),
        '"owed_fen":',
    ),
    HarmlessCase("farmer", get("/farm/guests", ANY, query={"done": Id("other_booking_id")}), "入住"),
)

PRIVILEGED_FIELDS: tuple[PrivilegedCase, ...] = (
    PrivilegedCase("farmer", post("/api/v1/products", ANY, json=PRODUCT), {"state": "live", "commission_bp": 0}),
    PrivilegedCase("farmer", post("/api/v1/stays", ANY, json=STAY), {"county_code": "130725", "origin_code": "130725"}),
    PrivilegedCase(
        "farmer", post("/api/v1/variants/{variant_id}/prices", ANY, json={"price_fen": 1_00}), OTHER_PRODUCER
    ),
    PrivilegedCase(
        "farmer", post("/api/v1/lots/{lot_id}/counts", ANY, json={"change": 1, "reference": "x"}), {"left_units": 9}
    ),
    PrivilegedCase("farmer", put("/api/v1/producers/{producer_id}/freight", ANY, json=FREIGHT), OTHER_PRODUCER),
    PrivilegedCase(
        "farmer",
        post("/api/v1/listings/{listing_id}/seasons", ANY, params={"listing_id": Id("stay_id")}, json=SEASON),
        {"listing_id": Id("other_stay_id")},
    ),
    PrivilegedCase("farmer", post("/api/v1/suborders/{suborder_id}/shipment", ANY, json=PARCEL), {"state": "received"}),
    PrivilegedCase(
        "farmer",
        post("/api/v1/order-lines/{line_id}/refunds", ANY, params={"line_id": Id("refundable_line_id")}, json=REFUND),
        {"line_id": Id("other_line_id")},
    ),
    PrivilegedCase(
        "buyer", post("/api/v1/producers", ANY, json=APPLICATION), {"state": "open", "applied_by": Id("nobody")}
    ),
    PrivilegedCase("buyer", put("/api/v1/cart/lines", ANY, json=LINES), {"account_id": Id("nobody"), "price_fen": 1}),
    PrivilegedCase(
        "buyer",
        post("/api/v1/orders", ANY, json=ORDER),
        {"buyer_id": Id("nobody"), "state": "paid", "price_fen": 1},
    ),
    PrivilegedCase(
        "buyer",
        post(
            "/api/v1/orders/{order_id}/payment",
            ANY,
            params={"order_id": Id("unpaid_order_id")},
            json={"method": "alipay"},
        ),
        {"amount_fen": 1},
    ),
    PrivilegedCase("buyer", post(REVIEWS, ANY, params=RECEIVED_SUBORDER, json=REVIEW), {"account_id": Id("nobody")}),
    PrivilegedCase(
        "buyer",
        put("/api/v1/me", ANY, json={"name": "样例买家甲"}),
        {"role": "county", "grants": [], "producers": []},
    ),
    PrivilegedCase("township", post(DECISIONS, ANY, json=FINDING), {"county": "130725"}),
)


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: f"{refused.actor} {refused.case.name}")
async def test_an_id_of_another_is_refused_and_nothing_changes(
    watched_client: AccessClient, refused: RefusedCase
) -> None:
    response = await watched_client.send(refused.case, refused.actor)
    assert response.status_code == refused.case.status, response.text[:300]
    if not refused.case.is_page:
        watched_client.service.check_response(response)
        assert response.json()["code"] == refused.code
    assert watched_client.find_leaks(refused.actor, response) == []
    changes = await watched_client.list_changes(refused.case.name)
    if refused.case.path.startswith(IMPORTS):
        # The actor may import, so that a task is refused, and kept with its refusal.
        changes = [change for change in changes if not change.startswith("public.tasks ")]
    assert changes == []


@pytest.mark.parametrize("harmless", SHOWN, ids=lambda harmless: f"{harmless.actor} {harmless.case.name}")
async def test_a_query_with_an_id_of_another_shows_nothing_of_it(
    read_only_client: AccessClient, harmless: HarmlessCase
) -> None:
    response = await read_only_client.send(harmless.case, harmless.actor)
    assert (response.status_code, harmless.text in response.text) == (200, True), response.text[:2000]
    assert read_only_client.find_leaks(harmless.actor, response) == []


@pytest.mark.parametrize("privileged", PRIVILEGED_FIELDS, ids=lambda case: f"{case.actor} {case.case.name}")
async def test_privileged_fields_in_a_body_are_refused(
    watched_client: AccessClient, privileged: PrivilegedCase
) -> None:
    for name, value in privileged.fields.items():
        case = msgspec.structs.replace(privileged.case, json={**(privileged.case.json or {}), name: value})
        response = await watched_client.send(case, privileged.actor)
        watched_client.service.check_response(response)
        assert (name, response.status_code, response.json()["code"]) == (name, 400, "bad_request")
        assert name in response.text
    assert await watched_client.list_changes() == []
