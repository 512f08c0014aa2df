"""Ids of another in what is sent: in bodies, forms and queries; and words of power in a body that takes none."""

from typing import Any

import msgspec
import pytest

from tests.access.audience import ANY_ACCOUNT as ANY
from tests.access.fingerprint import changed
from tests.access.knock import Knocker
from tests.access.people import COUNTY_ELSEWHERE, ELSEWHERE
from tests.access.rows import Row, get, post, put
from tests.access.subsidies_elsewhere import HOUSEHOLD_ELSEWHERE, LINE_ELSEWHERE, REGISTER
from tests.access.table_api import (
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
from tests.access.table_pages import PRODUCT as PRODUCT_FORM
from tests.access.table_pages import REVIEWED
from tests.access.table_pages import STAY as STAY_FORM
from tests.web.desk.county import the_file

FOREIGN = {"producer_id": "@other_producer_id"}
THEIRS = {"producer": "@other_producer_id"}
LISTING = {"listing_id": "@other_listing_id"}
PRICES = "/api/v1/variants/{variant_id}/prices"
PAYMENT = "/api/v1/orders/{order_id=unpaid_order_id}/payment"
RECEIPT = "/api/v1/orders/{order_id=shipped_order_id}/receipt"
REVIEWS = "/api/v1/suborders/{suborder_id=received_suborder_id}/reviews"
REFUNDS = "/api/v1/order-lines/{line_id=refundable_line_id}/refunds"
DECISIONS = "/api/v1/counties/{county}/months/{month}/findings/decisions"
IMPORTS = "/api/v1/counties/{county}/imports/"
OTHER_REVIEWED = REVIEWED.replace("@listing_number", "@other_listing_number")
PAPER = {"kind": "origin", "photo_id": "@other_photo_id"}
OF_OTHERS = FINDING | {"check": "claim_outside_snapshot", "subject": LINE_ELSEWHERE, "stop": [LINE_ELSEWHERE]}
REGISTER_ELSEWHERE = (("file", "elsewhere.csv", REGISTER.encode()),)
_programmes = msgspec.json.decode(the_file("programmes.json")) | {"county_code": COUNTY_ELSEWHERE}
PROGRAMMES = (
    ("file", "elsewhere.json", msgspec.json.encode(_programmes)),
    *(("documents", f"P{n}.txt", the_file(f"documents/P{n}.txt")) for n in (1, 2, 3)),
)


def photo(name: str) -> dict[str, str]:
    """The photo of an offer, by the world's name for it."""
    return {"photo_id": f"@{name}"}


REFUSED: tuple[tuple[str, Row, str], ...] = (
    # a producer of another
    ("farmer", post("/api/v1/products", ANY, json=PRODUCT | FOREIGN, ok=404), "not_found"),
    ("farmer", post("/api/v1/stays", ANY, json=STAY | FOREIGN, ok=404), "not_found"),
    ("farmer", post("/api/v1/activities", ANY, json=ACTIVITY | FOREIGN, ok=404), "not_found"),
    ("farmer", get("/api/v1/templates?producer_id=@other_producer_id", ANY, ok=404), "not_found"),
    ("farmer", post("/farm/sell/{slug='nut'}", ANY, form=PRODUCT_FORM | THEIRS, ok=404), ""),
    ("farmer", post("/farm/sell/stay", ANY, form=STAY_FORM | THEIRS, ok=404), ""),
    # a photo of another on what is one's own
    ("farmer", post("/api/v1/products", ANY, json=PRODUCT | photo("other_waiting_photo_id"), ok=422), "bad_listing"),
    ("farmer", post("/api/v1/products", ANY, json=PRODUCT | photo("other_shown_photo_id"), ok=422), "bad_listing"),
    ("farmer", post("/api/v1/stays", ANY, json=STAY | photo("other_photo_id"), ok=422), "bad_listing"),
    ("farmer", post("/api/v1/activities", ANY, json=ACTIVITY | photo("other_shown_photo_id"), ok=422), "bad_listing"),
    ("farmer", post("/api/v1/products", ANY, json=PRODUCT | photo("photo_id"), ok=422), "bad_listing"),
    ("farmer", post("/api/v1/producers/{producer_id}/certificates", ANY, json=PAPER, ok=422), "bad_application"),
    ("buyer", post("/api/v1/producers", ANY, json=APPLICATION | {"certificates": [PAPER]}, ok=422), "bad_application"),
    # a thing of another in an order of one's own
    ("buyer", post(REVIEWS, ANY, json=REVIEW | LISTING, ok=404), "not_found"),
    ("buyer", get(OTHER_REVIEWED, ANY, ok=404), ""),
    ("buyer", post(OTHER_REVIEWED, ANY, form={"rating": "5"}, ok=404), ""),
    ("buyer", post(RECEIPT, ANY, json={"positions": [99]}, ok=404), "not_found"),
    ("buyer", get("/orders/{number=order}/cancel?part=99", ANY, ok=404), ""),
    ("farmer", post("/api/v1/check-ins", ANY, json={"code": "@other_code"}, ok=422), "code_wrong"),
    ("farmer", post("/farm/guests", ANY, form={"code": "@other_code"}, ok=422), ""),
    # another county in the address, or a line of it in one's own
    (ELSEWHERE, get("/api/v1/counties/{county}/months/{month}", ANY, ok=404), "not_found"),
    ("county", get("/api/v1/counties/{county=other_county}/months/{month}", ANY, ok=404), "not_found"),
    ("county", get("/api/v1/counties/{county}/months/{month}/lines/{line=other_line}", ANY, ok=404), "no_such_line"),
    (ELSEWHERE, get("/api/v1/counties/{county=other_county}/months/{month}/lines/{line}", ANY, ok=404), "no_such_line"),
    ("township", post(DECISIONS, ANY, json=OF_OTHERS, ok=404), "no_finding"),
    ("county", get("/desk?county=@other_county", ANY, ok=404), ""),
    ("county", get("/desk/sheets/{month}/{name='settlement.xlsx'}?county=@other_county", ANY, ok=404), ""),
    ("importer", post("/desk/months/{month}/{step='run'}?county=@other_county", ANY, ok=404), ""),
    # another county in a file
    ("importer", post(IMPORTS + "register", ANY, files=REGISTER_ELSEWHERE, ok=422), "file_malformed"),
    ("policy", post(IMPORTS + "programmes", ANY, files=PROGRAMMES, ok=422), "file_malformed"),
)  # fmt: skip
"""Who asks, for what, and why not: `ok` is the refusal here."""

SEEN: tuple[tuple[str, Row, str], ...] = (
    ("county", get("/api/v1/counties/{county}/months/{month}/places?under=" + HOUSEHOLD_ELSEWHERE, ANY), '"items":[]'),
    ("county", get("/desk/places?household=" + HOUSEHOLD_ELSEWHERE, ANY), "乡镇村户"),
    ("buyer", get("/api/v1/orders?before=@other_unpaid_order", ANY), '"items":'),
    ("buyer", get("/me?before=@other_unpaid_order", ANY), "样例买家甲"),
    ("farmer", get("/api/v1/producers/{producer_id}/statement?before=@other_suborder_id", ANY), '"owed_fen":'),
    ("farmer", get("/farm/guests?done=@other_booking_id", ANY), "入住"),
)
"""What may be asked with an id of another: it shows one's own, or nothing."""

POWERS: tuple[tuple[str, Row, dict[str, Any]], ...] = (
    ("farmer", post("/api/v1/products", ANY, json=PRODUCT), {"state": "live", "commission_bp": 0}),
    ("farmer", post("/api/v1/stays", ANY, json=STAY), {"county_code": "130725", "origin_code": "130725"}),
    ("farmer", post(PRICES, ANY, json={"price_fen": 1_00}), FOREIGN),
    ("farmer", post("/api/v1/lots/{lot_id}/counts", ANY, json={"change": 1, "reference": "x"}), {"left_units": 9}),
    ("farmer", put("/api/v1/producers/{producer_id}/freight", ANY, json=FREIGHT), FOREIGN),
    ("farmer", post("/api/v1/stays/{listing_id=stay_id}/seasons", ANY, json=SEASON), {"listing_id": "@other_stay_id"}),
    ("farmer", post("/api/v1/suborders/{suborder_id}/shipment", ANY, json=PARCEL), {"state": "received"}),
    ("farmer", post(REFUNDS, ANY, json=REFUND), {"line_id": "@other_line_id"}),
    ("buyer", post("/api/v1/producers", ANY, json=APPLICATION), {"state": "open", "applied_by": "@nobody"}),
    ("buyer", put("/api/v1/cart/lines", ANY, json=LINES), {"account_id": "@nobody", "price_fen": 1}),
    ("buyer", post("/api/v1/orders", ANY, json=ORDER), {"buyer_id": "@nobody", "state": "paid", "price_fen": 1}),
    ("buyer", post(PAYMENT, ANY, json={"method": "alipay"}), {"amount_fen": 1}),
    ("buyer", post(REVIEWS, ANY, json=REVIEW), {"account_id": "@nobody"}),
    ("buyer", put("/api/v1/me", ANY, json={"name": "样例买家甲"}), {"role": "county", "grants": [], "producers": []}),
    ("township", post(DECISIONS, ANY, json=FINDING), {"county": "130725"}),
)  # fmt: skip
"""A body that is right, and fields that would give power if they were read."""


@pytest.mark.parametrize(("visitor", "row", "code"), REFUSED, ids=lambda each: getattr(each, "name", None))
async def test_an_id_of_another_is_refused_wherever_it_stands(
    doors: Knocker, visitor: str, row: Row, code: str
) -> None:
    before = await doors.kept()
    answer = await doors.knock(row, visitor)
    assert answer.status_code == row.ok, answer.text[:300]
    if not row.is_page:
        doors.service.look_at(answer)
        assert answer.json()["code"] == code
    assert doors.leaks(visitor, answer) == []
    assert changed(before, await doors.kept()) == []


@pytest.mark.parametrize(("visitor", "row", "shown"), SEEN, ids=lambda each: getattr(each, "name", None))
async def test_a_query_with_an_id_of_another_shows_nothing_of_it(
    doors: Knocker, visitor: str, row: Row, shown: str
) -> None:
    answer = await doors.knock(row, visitor)
    assert (answer.status_code, shown in answer.text) == (200, True), answer.text[:2000]
    assert doors.leaks(visitor, answer) == []


@pytest.mark.parametrize(("visitor", "row", "powers"), POWERS, ids=lambda each: getattr(each, "name", None))
async def test_a_body_takes_no_word_of_power(doors: Knocker, visitor: str, row: Row, powers: dict[str, Any]) -> None:
    before = await doors.kept()
    for name, value in powers.items():
        asked = msgspec.structs.replace(row, json={**(row.json or {}), name: value})
        answer = await doors.knock(asked, visitor)
        doors.service.look_at(answer)
        assert (name, answer.status_code, answer.json()["code"]) == (name, 400, "bad_request")
        assert name in answer.text
    assert changed(before, await doors.kept()) == []
