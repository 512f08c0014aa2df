"""The cases of the pages and forms: every route with its policy and request, in the order of the sites."""

from tests.access.policies import (
    ACCOUNT_KEEPERS,
    BOOKING_HOST,
    CART_OWNERS,
    CLAIM_PHOTO_READERS,
    COUNTY_SCOPE,
    DESK,
    DESK_APPLICANTS_VILLAGE,
    DESK_COUNTY_AND_PLATFORM,
    DESK_MONEY,
    DESK_PLATFORM,
    DESK_PRODUCER_OFFICIALS,
    HIDDEN,
    LINE_HOLDERS,
    LISTING_MOVERS,
    MEMBERS_AND_VERIFIED_OFFICIALS,
    ORDER_BUYER,
    PRODUCER_MEMBERS,
    PRODUCER_OWNER,
    PUBLIC,
    SELLERS,
    SELLERS_OR_NOT_FOUND,
    SIGNED_IN,
    SIGNED_OUT,
    TASK_OWNER,
    WHOLE_COUNTY_SCOPE,
    as_desk_page,
    as_own_page,
    require_duty,
)
from tests.access.route_case import FixtureId as Id
from tests.access.route_case import RouteCase, UploadedFile, get, post
from tests.access.route_cases_api import FINDING_DUTY, NOBODYS_CASE, NOBODYS_REVIEW, PHOTO, TOWNSHIP_DUTY, VILLAGE_DUTY
from tests.web.desk.county import read_story_file

GOODS = {"variant": Id("variant_id"), "n": "1", "to": "/"}
ACTIVITY = {"title": "样例采摘", "category": "picking", "price": "30", "producer": Id("producer_id"), "key": "k"}
NEW_SLOTS = {
    "first": Id("later"), "last": Id("later"), "starts": "17:00", "ends": "18:00", "places": "9", "minimum": "1",
}  # fmt: skip
PLACES = {"slot": Id("slot_id"), "n": "1"}
NIGHTS = {"listing": Id("stay_id"), "arrive": Id("later"), "leave": Id("after_later"), "to": "/"}
CHECKOUT = {
    "who": "样例买家", "tel": "13900009001", "region": "130000", "address": "样例路 9 号", "method": "alipay",
    "key": "k",
}  # fmt: skip
PRODUCT = {"title": "样例核桃", "pack": "500g袋", "price": "30", "left": "5", "producer": Id("producer_id"), "key": "a"}
STAY = {"title": "样例小院", "rooms": "1", "price": "200", "producer": Id("producer_id"), "key": "b"}
APPLICATION = {
    "village": "130624107221", "kind": "household", "applicant": "样例新人", "name": "样例新家", "produce": "核桃",
    "key": "c",
}  # fmt: skip
CERTIFICATE = {"kind": "licence", "number": "样例-2", "producer": Id("producer_id"), "key": "d"}
FREIGHT = {
    "way": "charged", "first": "1", "first_price": "8", "more": "1", "more_price": "3", "producer": Id("producer_id"),
}  # fmt: skip
OFFER = {"price-0": "46", "left-0": "500", "seen-0": "500", "key": "e"}
FARMER_PAGE = as_own_page(SIGNED_IN)
FINDING = {
    "cycle": "2019-01", "check": "claim_outside_snapshot", "subject": "DX-06", "v-DX-06": "stop", "why": "样例",
}  # fmt: skip
FINDINGS = {"pick": Id("finding"), "verdict": "stop", "why": "样例"}
PROGRAMME = {
    "code": "P9", "name": "样例项目", "document": "样例〔2019〕9号",
    "text": read_story_file("documents/P1.txt").decode(),
    "kind": "mobile", "max_lines": "2", "way": "percent_off", "pays": "50", "line_cap": "19.50", "operator": "70",
    "county_share": "30", "start": "2019-06-01", "quote": "农户每月最多支付套餐费的百分之五十",
    "quote_funders": "由运营商让利70%，县级财政承担30%",
}  # fmt: skip
USAGE = (UploadedFile("file", "usage-2019-01.csv", read_story_file("usage/usage-2019-01.csv")),)
PLANS = (UploadedFile("file", "plans.csv", read_story_file("plans.csv")),)
CONFIRM = {"step": "confirm"}
PARCEL = {"carrier": "邮政", "tracking": "XA1234567890CN"}
REVIEW_PAGE = "/orders/{number}/review/{position}"
RECEIVED = {"number": Id("received_order"), "position": Id("received_position")}
REVIEWED_LISTING = {"listing": Id("listing_number")}
REVIEW = {"rating": "5", "text": "样例"}
CERTIFICATE_PAGE = "/desk/producers/{producer_id}/certificates/{certificate_id}"
NOBODYS_REFUND = {"refund_id": Id("nobody")}
NOBODYS_PARCEL = {"suborder_id": Id("nobody")}
REPAIR = {"key": "r", "text": "样例", "attempt": "1"}
CONFIRM_IMPORT = {"what": "take"}

PAGE_CASES: tuple[RouteCase, ...] = (
    # the shop
    get("/", PUBLIC),
    get("/kinds", PUBLIC),
    get("/kinds/{code}", PUBLIC, params={"code": "nut"}),
    get("/places/{code}", PUBLIC, params={"code": "130624"}),
    get("/search", PUBLIC, query={"q": "枣"}),
    get("/goods/{number}", PUBLIC, params={"number": Id("listing_number")}),
    get("/goods/{number}/reviews", PUBLIC, params={"number": Id("listing_number")}),
    get("/stays/{number}/reviews", PUBLIC, params={"number": Id("stay_number")}),
    get("/sellers/{number}", HIDDEN, params={"number": "999999"}),
    get("/sellers/{number}/reviews", HIDDEN, params={"number": "999999"}),
    get("/stays/{number}", PUBLIC, params={"number": Id("stay_number")}),
    get("/stays/{number}", HIDDEN, params={"number": Id("hidden_number")}),
    get("/photos/{name}", PUBLIC, params={"name": Id("shown_photo")}),
    get("/photos/{name}", HIDDEN, params={"name": Id("unlisted_photo")}),
    get("/review-photos/{name}", HIDDEN, params={"name": Id("unlisted_photo")}),
    get("/static/{name}", PUBLIC, params={"name": Id("static")}),
    get("/favicon.ico", PUBLIC),
    get("/robots.txt", PUBLIC),
    get("/sitemap.xml", PUBLIC),
    # signing in
    get("/sign-in", SIGNED_OUT),
    post("/sign-in", PUBLIC, form={"phone": "17010008898"}, status=303),
    get("/sign-in/code", PUBLIC, status=303),
    post("/sign-in/code", PUBLIC, form={"code": "000000"}, status=303),
    get("/sign-in/factor", as_own_page(SIGNED_IN)),
    post("/sign-in/factor", SIGNED_IN, form={"code": "000000"}, status=401),
    get("/demo/{role}", HIDDEN, params={"role": "farmer"}),
    get("/demo/people", HIDDEN),
    post("/demo/people", HIDDEN, form={"who": "importer"}),
    get("/demo/files/{name}", HIDDEN, params={"name": "usage-2026-11.csv"}),
    post("/demo/band", HIDDEN, form={"band": "0", "to": "/"}),
    post("/elder", PUBLIC, form={"elder": "1", "to": "/"}, status=303),
    # buying
    get("/cart", PUBLIC),
    post("/cart/goods", PUBLIC, form=GOODS, status=303),
    post("/goods/{number}", PUBLIC, params={"number": Id("activity_number")}, form=PLACES, status=303),
    post("/cart/nights", PUBLIC, form=NIGHTS, status=303),
    post("/cart/change", PUBLIC, form={"less": Id("variant_id")}, status=303),
    get("/checkout", as_own_page(CART_OWNERS)),
    post("/checkout", SIGNED_IN, form=CHECKOUT, status=303),
    get("/coupons", as_own_page(SIGNED_IN)),
    post("/coupons", SIGNED_IN, form={"code": "NONE"}, status=404),
    get("/me", as_own_page(SIGNED_IN)),
    get("/orders/{number}", as_own_page(ORDER_BUYER), params={"number": Id("order")}),
    get("/orders/{number}/pay", as_own_page(ORDER_BUYER), params={"number": Id("unpaid_order")}),
    post(
        "/orders/{number}/pay",
        ORDER_BUYER,
        params={"number": Id("unpaid_order")},
        form={"method": "wechat"},
        status=303,
    ),
    post("/orders/{number}/asked", ORDER_BUYER, params={"number": Id("unpaid_order")}, status=303),
    get("/orders/{number}/claim/{position}", as_own_page(ORDER_BUYER), params=RECEIVED),
    post("/orders/{number}/claim/{position}", ORDER_BUYER, params=RECEIVED, form={"line": Id("nobody")}, status=404),
    get("/orders/{number}/days/{position}", as_own_page(ORDER_BUYER), params=RECEIVED, status=404),
    post("/orders/{number}/days/{position}", ORDER_BUYER, params=RECEIVED, form={"from": "x"}, status=404),
    post(
        "/orders/{number}/days/{position}/{change_id}",
        ORDER_BUYER,
        params=RECEIVED | {"change_id": Id("nobody")},
        form={"do": "accept"},
        status=404,
    ),
    get("/orders/{number}/return/{position}", as_own_page(ORDER_BUYER), params=RECEIVED),
    post("/orders/{number}/return/{position}", ORDER_BUYER, params=RECEIVED, form={}, status=422),
    get("/returns/{case_id}", as_own_page(SIGNED_IN), params=NOBODYS_CASE, status=404),
    post("/returns/{case_id}", SIGNED_IN, params=NOBODYS_CASE, form={"decision": "withdraw"}, status=404),
    get("/cases/{case_id}", as_own_page(SIGNED_IN), params=NOBODYS_CASE, status=404),
    post("/cases/{case_id}", SIGNED_IN, params=NOBODYS_CASE, form={"move": "withdraw"}, status=404),
    get("/orders/{number}/cancel", as_own_page(ORDER_BUYER), params={"number": Id("unpaid_order")}),
    post("/orders/{number}/cancel", ORDER_BUYER, params={"number": Id("unpaid_order")}, status=303),
    post(
        "/orders/{number}/receive/{position}",
        ORDER_BUYER,
        params={"number": Id("shipped_order"), "position": Id("shipped_position")},
        status=303,
    ),
    get(REVIEW_PAGE, as_own_page(ORDER_BUYER), params=RECEIVED, query=REVIEWED_LISTING),
    post(REVIEW_PAGE, ORDER_BUYER, params=RECEIVED, query=REVIEWED_LISTING, form=REVIEW, status=303),
    get("/reviews/{review_id}", as_own_page(SIGNED_IN), params=NOBODYS_REVIEW, status=404),
    post("/reviews/{review_id}", SIGNED_IN, params=NOBODYS_REVIEW, form=REVIEW, status=404),
    # selling
    get("/farm/apply", FARMER_PAGE),
    post("/farm/apply", SIGNED_IN, form=APPLICATION, files=PHOTO, status=303),
    get("/farm/mine", FARMER_PAGE),
    get("/farm/bill", FARMER_PAGE),
    get("/farm/money", FARMER_PAGE),
    get("/farm/money/month", FARMER_PAGE),
    post("/farm/money/account", SIGNED_IN, form={"producer": "", "number": "1"}, status=404),
    post("/farm/money/changes/{change_id}", SIGNED_IN, params={"change_id": Id("nobody")}, form={}, status=404),
    post("/farm/money/large", SIGNED_IN, form={"producer": ""}, status=404),
    post("/farm/money/large/{payout_id}", SIGNED_IN, params={"payout_id": Id("nobody")}, form={}, status=404),
    post("/farm/money/payout", SIGNED_IN, form={"producer": "", "key": "1"}, status=404),
    get("/farm", as_own_page(SELLERS)),
    get("/farm/orders", as_own_page(SELLERS)),
    get("/farm/slips", as_own_page(SELLERS)),
    get("/farm/packing", as_own_page(SELLERS)),
    post("/farm/packing", SELLERS, form={"carrier": "邮政"}, status=422),
    get("/farm/parcels/{suborder_id}", as_own_page(PRODUCER_MEMBERS)),
    post("/farm/parcels/{suborder_id}", PRODUCER_MEMBERS, form=PARCEL, status=303),
    post("/farm/parcels/{suborder_id}/weight", PRODUCER_MEMBERS, form={"unit": "kg", "weight-1": "1"}, status=303),
    post("/farm/parcels/{suborder_id}/cancel", PRODUCER_MEMBERS, form={"reason": "没有了"}, status=409),
    get("/farm/claims", FARMER_PAGE),
    get("/farm/claims/{case_id}", FARMER_PAGE, params={"case_id": Id("nobody")}, status=404),
    post("/farm/claims/{case_id}", SIGNED_IN, params={"case_id": Id("nobody")}, form={"decision": "agree"}, status=404),
    get("/claim-photos/{photo_id}", as_own_page(CLAIM_PHOTO_READERS), params={"photo_id": Id("nobody")}, status=404),
    get("/farm/cases/{case_id}", FARMER_PAGE, params=NOBODYS_CASE, status=404),
    post("/farm/cases/{case_id}", SIGNED_IN, params=NOBODYS_CASE, form={"text": "样例"}, status=404),
    get("/farm/returns", FARMER_PAGE),
    get("/farm/returns/{case_id}", FARMER_PAGE, params=NOBODYS_CASE, status=404),
    post("/farm/returns/{case_id}", SIGNED_IN, params=NOBODYS_CASE, form={"decision": "arrived"}, status=404),
    get("/farm/reviews", FARMER_PAGE),
    get("/farm/reviews/{review_id}", FARMER_PAGE, params=NOBODYS_REVIEW, status=404),
    post("/farm/reviews/{review_id}", SIGNED_IN, params=NOBODYS_REVIEW, form={"answer": "样例"}, status=404),
    post(
        "/farm/reviews/{review_id}/appeal",
        SIGNED_IN,
        params=NOBODYS_REVIEW,
        form={"claimed": "insult", "reason": "样例"},
        status=404,
    ),
    get("/farm/refunds", FARMER_PAGE),
    post(
        "/farm/refunds/{request_id}",
        SIGNED_IN,
        params={"request_id": Id("nobody")},
        form={"decision": "refuse"},
        status=404,
    ),
    get("/farm/guests", FARMER_PAGE),
    post("/farm/guests", BOOKING_HOST, form={"code": Id("code")}, status=303),
    get("/farm/sell", as_own_page(SELLERS)),
    get("/farm/sell/{slug}", as_own_page(SELLERS_OR_NOT_FOUND), params={"slug": "nut"}),
    post("/farm/sell/{slug}", PRODUCER_MEMBERS, params={"slug": "nut"}, form=PRODUCT, files=PHOTO, status=303),
    get("/farm/sell/stay", as_own_page(SELLERS)),
    get("/farm/sell/activity", as_own_page(SELLERS)),
    post("/farm/sell/activity", PRODUCER_MEMBERS, form=ACTIVITY, files=PHOTO, status=303),
    post("/farm/sell/stay", PRODUCER_MEMBERS, form=STAY, files=PHOTO, status=303),
    get("/farm/papers", as_own_page(SELLERS)),
    post("/farm/papers", PRODUCER_MEMBERS, form=CERTIFICATE, files=PHOTO, status=303),
    get("/farm/coupons", as_own_page(SELLERS)),
    post("/farm/coupons", PRODUCER_OWNER, form={"close": Id("coupon_id")}, status=303),
    get("/farm/closed", as_own_page(SELLERS)),
    post("/farm/closed", PRODUCER_MEMBERS, form={"producer": Id("producer_id"), "do": "open"}, status=303),
    get("/farm/freight", as_own_page(SELLERS)),
    post("/farm/freight", PRODUCER_MEMBERS, form=FREIGHT, status=303),
    get("/farm/listings/{number}", as_own_page(PRODUCER_MEMBERS), params={"number": Id("listing_number")}),
    get("/farm/listings/{number}", as_own_page(PRODUCER_MEMBERS), params={"number": Id("hidden_number")}),
    get("/farm/listings/{number}/edit", as_own_page(PRODUCER_MEMBERS), params={"number": Id("listing_number")}),
    post(
        "/farm/listings/{number}/edit",
        PRODUCER_MEMBERS,
        params={"number": Id("listing_number")},
        form={"version": "1", "title": "阜平大枣", "category": "fruit"},
        status=303,
    ),
    post(
        "/farm/listings/{number}/packs",
        PRODUCER_MEMBERS,
        params={"number": Id("hidden_number")},
        form={"variant": Id("hidden_variant_id"), "pack": "2斤盒", "price": "20", "left": "5"},
        status=303,
    ),
    post(
        "/farm/listings/{number}/packs/new",
        PRODUCER_MEMBERS,
        params={"number": Id("hidden_number")},
        form={"more-pack": "3斤盒", "more-price": "30", "more-left": "5"},
        status=303,
    ),
    post(
        "/farm/listings/{number}/packs/end",
        PRODUCER_MEMBERS,
        params={"number": Id("hidden_number")},
        form={"ended": Id("hidden_variant_id")},
        status=409,
    ),
    get("/farm/listings/{number}/nights", as_own_page(PRODUCER_MEMBERS), params={"number": Id("stay_number")}),
    *(
        post(
            f"/farm/listings/{{number}}/nights{path}",
            PRODUCER_MEMBERS,
            params={"number": Id("stay_number")},
            form=form,
            status=303,
        )
        for path, form in (
            ("", {"day": Id("later"), "room": Id("room_id"), "do": "open"}),
            ("/guests", {"day": Id("later"), "room": Id("room_id"), "nights": "1", "name": "样例住客"}),
            ("/prices", {"first": Id("later"), "last": Id("later"), "price": "300"}),
        )
    ),
    get("/farm/changes", as_own_page(SIGNED_IN)),
    post("/farm/changes/{change_id}", SIGNED_IN, params={"change_id": Id("nobody")}, form={"do": "accept"}, status=404),
    get("/farm/gate", as_own_page(SELLERS)),
    get("/farm/gate-worker.js", PUBLIC),
    post("/farm/gate/scans", SIGNED_IN, form={"nonce": "x", "code": "XJ1.x", "at": "0"}),
    get("/calendars/{name}", HIDDEN, params={"name": "unknown.ics"}),
    get("/farm/calendar", as_own_page(SELLERS)),
    post("/farm/calendar", PRODUCER_MEMBERS, form={"producer": Id("producer_id"), "do": "create"}),
    get("/farm/bookings/{booking_id}/guests", as_own_page(PRODUCER_MEMBERS)),
    post("/farm/bookings/{booking_id}/guests", PRODUCER_MEMBERS, form={"name": ""}, status=422),
    get("/farm/bookings/{booking_id}/days", as_own_page(PRODUCER_MEMBERS)),
    post("/farm/bookings/{booking_id}/days", PRODUCER_MEMBERS, form={"from": "x"}, status=422),
    get("/farm/listings/{number}/prices", as_own_page(PRODUCER_MEMBERS), params={"number": Id("stay_number")}),
    *(
        post(
            f"/farm/listings/{{number}}/prices/{path}",
            PRODUCER_MEMBERS,
            params={"number": Id("stay_number")},
            form=form,
            status=303,
        )
        for path, form in (
            ("rules", {"applies": "weekend", "price": "300"}),
            ("seasons", {"first": Id("later"), "last": Id("later"), "season-price": "300"}),
        )
    ),
    post(
        "/farm/listings/{number}/slots/{slot_id}",
        PRODUCER_MEMBERS,
        params={"number": Id("activity_number")},
        form={"do": "close"},
        status=303,
    ),
    get(
        "/farm/listings/{number}/slots/{slot_id}/cancel",
        as_own_page(PRODUCER_MEMBERS),
        params={"number": Id("activity_number")},
    ),
    post(
        "/farm/listings/{number}/slots/{slot_id}/cancel",
        PRODUCER_MEMBERS,
        params={"number": Id("activity_number")},
        form={"reason": "weather"},
        status=303,
    ),
    get("/farm/listings/{number}/slots", as_own_page(PRODUCER_MEMBERS), params={"number": Id("activity_number")}),
    post(
        "/farm/listings/{number}/slots",
        PRODUCER_MEMBERS,
        params={"number": Id("activity_number")},
        form=NEW_SLOTS,
        status=303,
    ),
    post(
        "/farm/listings/{number}/offer",
        PRODUCER_MEMBERS,
        params={"number": Id("listing_number")},
        form=OFFER,
        status=303,
    ),
    post(
        "/farm/listings/{number}",
        LISTING_MOVERS,
        params={"number": Id("listing_number")},
        form={"move": "withdraw"},
        status=303,
    ),
    get("/certificates/{photo_id}", as_own_page(MEMBERS_AND_VERIFIED_OFFICIALS)),
    # the desk: producers
    get("/desk", as_desk_page(DESK)),
    get("/desk/producers", as_desk_page(DESK)),
    get("/desk/producers/{producer_id}", as_desk_page(DESK_PRODUCER_OFFICIALS)),
    post(
        "/desk/producers/{producer_id}",
        DESK_APPLICANTS_VILLAGE,
        params={"producer_id": Id("applied")},
        form=CONFIRM,
        status=303,
    ),
    post(CERTIFICATE_PAGE, DESK_COUNTY_AND_PLATFORM, params={"certificate_id": Id("claimed")}, status=303),
    # the desk: cases
    get("/desk/cases", as_desk_page(DESK)),
    get("/desk/cases/{case_id}", as_desk_page(DESK), params={"case_id": Id("nobody")}, status=404),
    post(
        "/desk/cases/{case_id}", DESK, params={"case_id": Id("nobody")}, form={"bad": "1", "reason": "样例"}, status=404
    ),
    get("/desk/cases/{case_id}/moves", as_desk_page(DESK), params=NOBODYS_CASE, status=404),
    post("/desk/cases/{case_id}/moves", DESK, params=NOBODYS_CASE, form={"move": "ask", "text": "样例"}, status=404),
    get("/desk/returns/{case_id}", as_desk_page(DESK), params=NOBODYS_CASE, status=404),
    post("/desk/returns/{case_id}", DESK, params=NOBODYS_CASE, form={"decision": "refuse"}, status=404),
    get("/desk/appeals/{case_id}", as_desk_page(DESK), params=NOBODYS_CASE, status=404),
    post("/desk/appeals/{case_id}", DESK, params=NOBODYS_CASE, form={"decision": "show"}, status=404),
    # the desk: money
    get("/desk/money", as_desk_page(DESK_MONEY)),
    get("/desk/coupons", as_desk_page(DESK_PLATFORM)),
    post("/desk/coupons", DESK_PLATFORM, form={"name": ""}, status=422),
    post("/desk/money/refunds/{refund_id}/retry", DESK_MONEY, params=NOBODYS_REFUND, form=REPAIR, status=404),
    post("/desk/money/refunds/{refund_id}/repaid", DESK_MONEY, params=NOBODYS_REFUND, form=REPAIR, status=404),
    post(
        "/desk/money/refund-requests/{request_id}/{answer}",
        DESK_MONEY,
        params={"request_id": Id("nobody"), "answer": "consent"},
        form=REPAIR,
        status=404,
    ),
    post("/desk/money/parcels/{suborder_id}/delivered", DESK_MONEY, params=NOBODYS_PARCEL, form=REPAIR, status=404),
    post("/desk/money/parcels/{suborder_id}/lost", DESK_MONEY, params=NOBODYS_PARCEL, form=REPAIR, status=404),
    post(
        "/desk/money/account-changes/{change_id}/{answer}",
        DESK_MONEY,
        params={"change_id": Id("nobody"), "answer": "consent"},
        form=REPAIR,
        status=404,
    ),
    post(
        "/desk/money/large-payouts/{payout_id}/{answer}",
        DESK_MONEY,
        params={"payout_id": Id("nobody"), "answer": "refusal"},
        form=REPAIR,
        status=404,
    ),
    post("/desk/money/transfers/{number}", DESK_MONEY, params={"number": Id("order")}, form=REPAIR, status=409),
    post("/desk/money/suspense/{charge_ref}", DESK_MONEY, params={"charge_ref": "pi_1"}, form=REPAIR, status=404),
    post("/desk/money/messages/{event_id}", DESK_MONEY, params={"event_id": "evt_1"}, form=REPAIR, status=404),
    post(
        "/desk/money/messages/{event_id}/dismissal", DESK_MONEY, params={"event_id": "evt_1"}, form=REPAIR, status=404
    ),
    post(
        "/desk/money/discrepancies/{discrepancy_id}",
        DESK_MONEY,
        params={"discrepancy_id": Id("nobody")},
        form=REPAIR,
        status=404,
    ),
    # the desk: imports
    get("/desk/imports", as_desk_page(COUNTY_SCOPE)),
    get("/desk/imports/{kind}", as_desk_page(COUNTY_SCOPE), params={"kind": "register"}),
    get("/desk/imports/{kind}/template", as_desk_page(COUNTY_SCOPE), params={"kind": "register"}),
    post("/desk/imports/{kind}/held", require_duty("importer"), params={"kind": "register"}, status=200),
    post("/desk/imports/{kind}", require_duty("importer"), params={"kind": "usage"}, form=CONFIRM_IMPORT, files=USAGE),
    post("/desk/imports/{kind}", require_duty("policy"), params={"kind": "plans"}, form=CONFIRM_IMPORT, files=PLANS),
    get("/desk/tasks/{task_id}", as_desk_page(TASK_OWNER)),
    # the desk: officials
    get("/desk/officials", as_desk_page(ACCOUNT_KEEPERS)),
    get("/desk/officials/{handle}", as_desk_page(ACCOUNT_KEEPERS), params={"handle": "cun"}),
    post("/desk/officials", ACCOUNT_KEEPERS, form={"place": "正定县"}, status=422),
    post(
        "/desk/officials/{handle}/{act}",
        ACCOUNT_KEEPERS,
        params={"handle": "cun", "act": "move"},
        form={"place": "正定县"},
        status=422,
    ),
    get("/desk/contacts", as_desk_page(COUNTY_SCOPE)),
    get("/desk/contacts/{contact_id}", as_desk_page(ACCOUNT_KEEPERS)),
    post("/desk/contacts", ACCOUNT_KEEPERS, form={"place": "没有这个村"}, status=422),
    post("/desk/contacts/{contact_id}", ACCOUNT_KEEPERS, form={"act": "end"}, status=303),
    get("/desk/notices", as_desk_page(COUNTY_SCOPE)),
    get("/desk/programmes", as_desk_page(COUNTY_SCOPE)),
    get("/desk/programmes/set", as_desk_page(COUNTY_SCOPE)),
    post("/desk/programmes/set", require_duty("policy"), form=PROGRAMME, status=303),
    # the desk: the month
    get("/desk/months", as_desk_page(COUNTY_SCOPE)),
    get("/desk/months/{month}", as_desk_page(COUNTY_SCOPE)),
    get("/desk/places", as_desk_page(COUNTY_SCOPE)),
    get("/desk/findings", as_desk_page(COUNTY_SCOPE)),
    get("/desk/sheets", as_desk_page(COUNTY_SCOPE)),
    get("/desk/sheets/{month}", as_desk_page(WHOLE_COUNTY_SCOPE)),
    get("/desk/sheets/{month}/{name}", as_desk_page(WHOLE_COUNTY_SCOPE), params={"name": "approval.xlsx"}),
    get("/desk/sheets/{month}/{name}", as_desk_page(WHOLE_COUNTY_SCOPE), params={"name": "settlement.xlsx"}),
    get("/desk/sheets/{month}/{name}", as_desk_page(WHOLE_COUNTY_SCOPE), params={"name": "operators.csv"}),
    get("/desk/sheets/{month}/{name}", as_desk_page(WHOLE_COUNTY_SCOPE), params={"name": "case.json"}),
    get("/desk/quarters/{quarter}", as_desk_page(WHOLE_COUNTY_SCOPE)),
    get("/desk/quarters/{quarter}", as_desk_page(WHOLE_COUNTY_SCOPE), params={"quarter": "2019Q1.xlsx"}),
    post("/desk/places/hold", LINE_HOLDERS, form={"month": "2019-01", "line": "YD-02", "why": ""}, status=422),
    post("/desk/findings", FINDING_DUTY, form=FINDING, status=303),
    post("/desk/findings/bulk", FINDING_DUTY, form=FINDINGS, status=303),
    post(
        "/desk/months/{month}/{step}", require_duty("importer"), params={"step": "run"}, form={"void": "1"}, status=303
    ),
    post("/desk/months/{month}/{step}", VILLAGE_DUTY, params={"step": "confirm"}, status=303),
    post("/desk/months/{month}/return", TOWNSHIP_DUTY, form={"why": ""}, status=422),
    post("/desk/months/{month}/{step}", TOWNSHIP_DUTY, params={"step": "review"}, status=303),
    post("/desk/months/{month}/{step}", require_duty("county"), params={"step": "decide"}, status=303),
    post("/desk/months/{month}/{step}", require_duty("finance"), params={"step": "settle"}, status=303),
    post("/desk/months/{month}/{step}", require_duty("reconciler"), params={"step": "reconcile"}, status=303),
    post("/desk/months/{month}/{step}", require_duty("reconciler"), params={"step": "close"}, status=303),
    get("/me/devices", as_own_page(SIGNED_IN)),
    post("/me/devices", SIGNED_IN, form={"session": "none"}, status=404),
    get("/me/data", as_own_page(SIGNED_IN)),
    post("/me/data", SIGNED_IN),
    get("/me/close", as_own_page(SIGNED_IN)),
    post("/me/close/code", SIGNED_IN),
    post("/me/close", SIGNED_IN, form={"code": "none"}, status=401),
    get("/me/closed", PUBLIC),
    # Last, as it ends the session.
    post("/sign-out", SIGNED_IN, status=303),
)
