"""Every route that programs call, in the order of the domain map: for whom it is, and what is sent to it."""

from pathlib import Path

from tests.access.audience import (
    ANY_ACCOUNT,
    ANYONE,
    IN_THE_COUNTY,
    LET_IN,
    NOBODY,
    OFFICE_OF_PRODUCERS,
    SEES_THE_PAPERS,
    SUSPENDS,
    THE_BUYER,
    THE_COUNTY_OF_PRODUCERS,
    THE_HOST,
    THE_LINE_OF_ANOTHER_VILLAGE,
    THE_PRODUCER,
    THE_VILLAGE_OF_PRODUCERS,
    THE_WHOLE_COUNTY,
    UNKNOWN,
    duty,
)
from tests.access.rows import Row, delete, get, post, put
from tests.web.desk.county import the_file

APPLICATION = {"kind": "household", "name": "样例新家", "village_code": "130624107221", "produce": "核桃"}
CONFIRM = {"step": "confirm"}
CLAIM = {"kind": "origin", "number": "样例-2"}
VERIFICATION = "/api/v1/producers/{producer_id}/certificates/{certificate_id=claimed}/verification"
PRODUCT = {
    "title": "样例核桃", "category": "nut", "unit": "500g袋", "price_fen": 30_00, "quantity": 5,
    "producer_id": "@producer_id",
}  # fmt: skip
STAY = {"title": "样例小院", "rooms": 1, "price_fen": 200_00, "producer_id": "@producer_id"}
ACTIVITY = {
    "title": "样例采摘", "category": "picking", "price_fen": 50_00, "places": 10, "producer_id": "@producer_id",
}  # fmt: skip
FREIGHT = {"first_g": 1000, "first_fen": 8_00, "next_g": 1000, "next_fen": 3_00}
SEASON = {"first": "2019-05-01", "until": "2019-05-05", "price_fen": 300_00}
SUSPEND = {"move": "suspend", "reason": "样例"}
PHOTO = (("photo", "a.jpg", None),)
LINES = {"lines": [{"variant_id": "@variant_id", "quantity": 1}]}
NIGHTS = {"nights": [{"listing_id": "@stay_id", "arrive_on": "@later", "leave_on": "@after_later"}]}
ORDER = {"address": {"name": "样例买家", "phone": "13900009001", "region_code": "130100", "street": "样例路 9 号"}}
PARCEL = {"carrier": "邮政", "tracking": "XA1234567890CN"}
REVIEW = {"rating": 5, "text": "样例"}
REFUND = {"reason": "agreed", "amount_fen": 1_00}
FINDING = {"check": "claim_outside_snapshot", "subject": "DX-06", "why": "样例", "stop": ["DX-06"]}


def _sheet(name: str, field: str = "file") -> tuple[str, str, bytes]:
    """A file of the golden story, as it was taken."""
    return (field, Path(name).name, the_file(name))


REGISTER = (_sheet("register/register-2018-12-20.csv"),)
PROGRAMMES = (_sheet("programmes.json"), *(_sheet(f"documents/P{n}.txt", "documents") for n in (1, 2, 3)))
PLANS = (_sheet("plans.csv"),)
BUDGET = (_sheet("budget.json"),)
ENROLMENTS = (_sheet("enrolments/enrolments-2019-02-01.csv"),)
BINDINGS = (_sheet("bindings/bindings-2019-02-01.csv"),)
OPENING = (_sheet("opening.csv"),)
BILLING = (_sheet("billing/mobile-2019-01.csv"), _sheet("billing/mobile-2019-01.manifest.json", "manifest"))
USAGE = (_sheet("usage/usage-2019-01.csv"),)

API: tuple[Row, ...] = (
    # service
    get("/healthz", ANYONE),
    get("/readyz", ANYONE),
    get("/metrics", ANYONE),
    get("/schema", ANYONE),
    get("/schema/openapi.json", ANYONE),
    get("/schema/{path='nothing'}", ANYONE, ok=404),
    post("/payments/webhook", ANYONE, json={}, ok=400),
    # places
    get("/api/v1/divisions", ANYONE),
    get("/api/v1/divisions/path?code=130624107221", ANYONE),
    get("/api/v1/divisions/search?q=阜平", ANYONE),
    get("/api/v1/divisions/listed", ANYONE),
    # identity
    post("/api/v1/codes", ANYONE, json={"phone": "17010008899"}, ok=201),
    post("/api/v1/sessions", ANYONE, json={"phone": "17010008899", "code": "000000"}, ok=401),
    get("/api/v1/sessions", ANY_ACCOUNT),
    post("/api/v1/sessions/second-factor", ANY_ACCOUNT, json={"code": "000000"}, ok=401),
    delete("/api/v1/sessions/{session_id}", THE_BUYER, ok=204),
    get("/api/v1/me", ANY_ACCOUNT),
    put("/api/v1/me", ANY_ACCOUNT, json={"name": "样例买家甲"}),
    # producers
    post("/api/v1/producers", ANY_ACCOUNT, json=APPLICATION, ok=201),
    get("/api/v1/producers", ANY_ACCOUNT),
    get("/api/v1/producers/waiting", OFFICE_OF_PRODUCERS),
    get("/api/v1/producers/{producer_id}", ANYONE),
    post("/api/v1/producers/{producer_id=applied}/decisions", THE_VILLAGE_OF_PRODUCERS, json=CONFIRM, ok=201),
    post("/api/v1/producers/{producer_id}/certificates", THE_PRODUCER, json=CLAIM, ok=201),
    post(VERIFICATION, THE_COUNTY_OF_PRODUCERS, ok=201),
    # catalogue and stock
    get("/api/v1/listings", ANYONE),
    get("/api/v1/categories", ANYONE),
    get("/api/v1/counties", ANYONE),
    get("/api/v1/products/{listing_id}", ANYONE),
    get("/api/v1/products/{listing_id=hidden_id}", NOBODY),
    get("/api/v1/stays/{listing_id=stay_id}", ANYONE),
    get("/api/v1/templates?producer_id=@producer_id", THE_PRODUCER),
    post("/api/v1/products", THE_PRODUCER, json=PRODUCT, ok=201),
    post("/api/v1/stays", THE_PRODUCER, json=STAY, ok=201),
    post("/api/v1/activities", THE_PRODUCER, json=ACTIVITY, ok=201),
    post("/api/v1/variants/{variant_id}/prices", THE_PRODUCER, json={"price_fen": 40_00}, ok=201),
    post("/api/v1/lots/{lot_id}/counts", THE_PRODUCER, json={"change": 5, "reference": "样例"}, ok=201),
    put("/api/v1/producers/{producer_id}/freight", THE_PRODUCER, json=FREIGHT, ok=204),
    post("/api/v1/stays/{listing_id=stay_id}/seasons", THE_PRODUCER, json=SEASON, ok=201),
    post("/api/v1/listings/{listing_id=spare_id}/moves", SUSPENDS, json=SUSPEND, ok=201),
    # storage
    post("/api/v1/photos", ANY_ACCOUNT, files=PHOTO, ok=201),
    get("/api/v1/photos/{photo_id}", SEES_THE_PAPERS),
    # bookings
    get("/api/v1/stays/{listing_id=stay_id}/nights?arrive=@later&leave=@after_later", ANYONE),
    get("/api/v1/stays/{listing_id=stay_id}/cancel-terms?arrive=@later&leave=@after_later", ANYONE),
    # orders
    get("/api/v1/cart", ANY_ACCOUNT),
    put("/api/v1/cart/lines", ANY_ACCOUNT, json=LINES),
    put("/api/v1/cart/nights", ANY_ACCOUNT, json=NIGHTS),
    post("/api/v1/orders", ANY_ACCOUNT, json=ORDER, ok=201),
    get("/api/v1/orders", ANY_ACCOUNT),
    get("/api/v1/orders/{order_id}", THE_BUYER),
    post("/api/v1/orders/{order_id=unpaid_order_id}/payment", THE_BUYER, json={"method": "alipay"}),
    post("/api/v1/orders/{order_id=unpaid_order_id}/cancellation", THE_BUYER, json={}),
    # aftersales
    post("/api/v1/suborders/{suborder_id}/shipment", THE_PRODUCER, json=PARCEL),
    post("/api/v1/check-ins", THE_HOST, json={"code": "@code"}),
    post("/api/v1/orders/{order_id=shipped_order_id}/receipt", THE_BUYER, json={}),
    post("/api/v1/suborders/{suborder_id=received_suborder_id}/reviews", THE_BUYER, json=REVIEW, ok=201),
    post("/api/v1/order-lines/{line_id=refundable_line_id}/refunds", THE_PRODUCER, json=REFUND, ok=201),
    get("/api/v1/producers/{producer_id}/statement", THE_PRODUCER),
    get("/api/v1/producers/{producer_id}/suborders", THE_PRODUCER),
    # subsidies: what the month rests on
    post("/api/v1/counties/{county}/imports/register", duty("importer"), files=REGISTER),
    post("/api/v1/counties/{county}/imports/programmes", duty("policy"), files=PROGRAMMES),
    post("/api/v1/counties/{county}/imports/plans", duty("policy"), files=PLANS),
    post("/api/v1/counties/{county}/imports/budget", duty("policy"), files=BUDGET),
    post("/api/v1/counties/{county}/imports/enrolments", duty("importer"), files=ENROLMENTS),
    post("/api/v1/counties/{county}/imports/bindings", duty("importer"), files=BINDINGS),
    post("/api/v1/counties/{county}/imports/opening", duty("importer"), files=OPENING),
    post("/api/v1/counties/{county}/imports/billing", duty("importer"), files=BILLING),
    post("/api/v1/counties/{county}/imports/usage", duty("importer"), files=USAGE),
    # subsidies: the month
    get("/api/v1/counties/{county}/months", IN_THE_COUNTY),
    get("/api/v1/counties/{county}/months/{month}", IN_THE_COUNTY),
    get("/api/v1/counties/{county}/months/{month}/findings", IN_THE_COUNTY),
    get("/api/v1/counties/{county}/months/{month}/places", IN_THE_COUNTY),
    get("/api/v1/counties/{county}/months/{month}/lines/{line='DX-02'}", THE_LINE_OF_ANOTHER_VILLAGE),
    get("/api/v1/counties/{county}/months/{month}/settlement", THE_WHOLE_COUNTY),
    get("/api/v1/counties/{county}/quarters/{quarter}", THE_WHOLE_COUNTY),
    post("/api/v1/counties/{county}/months/{month}/run", duty("importer")),
    post("/api/v1/counties/{county}/months/{month}/confirm", duty("village", part=LET_IN), ok=409),
    post("/api/v1/counties/{county}/months/{month}/findings/decisions", duty("township", part=UNKNOWN), json=FINDING),
    post("/api/v1/counties/{county}/months/{month}/review", duty("township", part=LET_IN)),
    post("/api/v1/counties/{county}/months/{month}/decide", duty("county")),
    post("/api/v1/counties/{county}/months/{month}/settle", duty("finance")),
    post("/api/v1/counties/{county}/months/{month}/reconcile", duty("reconciler")),
    post("/api/v1/counties/{county}/months/{month}/close", duty("reconciler")),
    # The session ends with it, so it comes last.
    delete("/api/v1/sessions/current", ANY_ACCOUNT, ok=204),
)  # fmt: skip
