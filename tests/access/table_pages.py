"""Every page and form for people, in the order of the domain map: for whom it is, and what is sent to it."""

from tests.access.audience import (
    ANY_ACCOUNT,
    ANY_SELLER,
    ANY_SELLER_FOR_ONE,
    ANYONE,
    AT_THE_DESK,
    FILLS_A_CART,
    HAS_A_CART,
    IN_THE_COUNTY,
    LET_IN,
    MOVES_A_LISTING,
    NOBODY,
    SEES_THE_PAPERS_WHOLE,
    SEES_THE_PRODUCER_AT_THE_DESK,
    THE_BUYER,
    THE_COUNTY_AT_THE_DESK,
    THE_HOST,
    THE_PRODUCER,
    THE_UNKNOWN,
    THE_VILLAGE_AT_THE_DESK,
    THE_WHOLE_COUNTY,
    UNKNOWN,
    duty,
    opened,
    page_of,
)
from tests.access.rows import Row, get, post
from tests.web.desk.county import the_file

GOODS = {"variant": "@variant_id", "n": "1", "to": "/"}
NIGHTS = {"listing": "@stay_id", "arrive": "@later", "leave": "@after_later", "to": "/"}
CHECKOUT = {
    "who": "样例买家", "tel": "13900009001", "region": "130000", "address": "样例路 9 号", "rail": "alipay", "key": "k",
}  # fmt: skip
PRODUCT = {"title": "样例核桃", "pack": "500g袋", "price": "30", "left": "5", "producer": "@producer_id", "key": "a"}
STAY = {"title": "样例小院", "rooms": "1", "price": "200", "producer": "@producer_id", "key": "b"}
APPLICATION = {
    "village": "130624107221", "kind": "household", "applicant": "样例新人", "name": "样例新家", "produce": "核桃",
    "key": "c",
}  # fmt: skip
PAPER = {"kind": "licence", "number": "样例-2", "producer": "@producer_id", "key": "d"}
FREIGHT = {
    "way": "charged", "first": "1", "first_price": "8", "more": "1", "more_price": "3", "producer": "@producer_id",
}  # fmt: skip
OFFER = {"price-0": "46", "left-0": "500", "seen-0": "500", "key": "e"}
OF_FARMERS = opened(ANY_ACCOUNT)
PHOTO = (("photo", "a.jpg", None),)
FINDING = {
    "cycle": "2019-01", "check": "claim_outside_snapshot", "subject": "DX-06", "v-DX-06": "stop", "why": "样例",
}  # fmt: skip
PROGRAMME = {
    "code": "P9", "name": "样例项目", "document": "样例〔2019〕9号", "text": the_file("documents/P1.txt").decode(),
    "kind": "mobile", "max_lines": "2", "way": "percent_off", "pays": "50", "line_cap": "19.50", "operator": "70",
    "county_share": "30", "start": "2019-06-01", "quote": "农户每月最多支付套餐费的百分之五十",
    "quote_funders": "由运营商让利70%，县级财政承担30%",
}  # fmt: skip
USAGE = (("file", "usage-2019-01.csv", the_file("usage/usage-2019-01.csv")),)
PLANS = (("file", "plans.csv", the_file("plans.csv")),)
CONFIRM = {"step": "confirm"}
PARCEL = {"carrier": "邮政", "tracking": "XA1234567890CN"}
REVIEWED = "/orders/{number=received_order}/review/{position=received_position}?listing=@listing_number"
REVIEW = {"rating": "5", "text": "样例"}
CLAIMED = "/desk/producers/{producer_id}/certificates/{certificate_id=claimed}"
TAKE = {"what": "take"}

PAGES: tuple[Row, ...] = (
    # the shop
    get("/", ANYONE),
    get("/kinds", ANYONE),
    get("/kinds/{code='nut'}", ANYONE),
    get("/places/{code='130624'}", ANYONE),
    get("/search?q=枣", ANYONE),
    get("/goods/{number=listing_number}", ANYONE),
    get("/stays/{number=stay_number}", ANYONE),
    get("/stays/{number=hidden_number}", NOBODY),
    get("/photos/{name=shown_photo}", ANYONE),
    get("/photos/{name=waiting_photo}", NOBODY),
    get("/static/{name=static}", ANYONE),
    get("/favicon.ico", ANYONE),
    get("/robots.txt", ANYONE),
    get("/sitemap.xml", ANYONE),
    # signing in
    get("/sign-in", THE_UNKNOWN),
    post("/sign-in", ANYONE, form={"phone": "17010008898"}, ok=303),
    get("/sign-in/code", ANYONE, ok=303),
    post("/sign-in/code", ANYONE, form={"code": "000000"}, ok=303),
    get("/sign-in/factor", opened(ANY_ACCOUNT)),
    post("/sign-in/factor", ANY_ACCOUNT, form={"code": "000000"}, ok=401),
    get("/demo/{role='farmer'}", NOBODY),
    post("/elder", ANYONE, form={"elder": "1", "to": "/"}, ok=303),
    # buying
    get("/cart", opened(ANY_ACCOUNT)),
    post("/cart/goods", FILLS_A_CART, form=GOODS, ok=303),
    post("/cart/nights", FILLS_A_CART, form=NIGHTS, ok=303),
    post("/cart/change", ANY_ACCOUNT, form={"less": "@variant_id"}, ok=303),
    get("/checkout", opened(HAS_A_CART)),
    post("/checkout", ANY_ACCOUNT, form=CHECKOUT, ok=303),
    get("/me", opened(ANY_ACCOUNT)),
    get("/orders/{number=order}", opened(THE_BUYER)),
    get("/orders/{number=unpaid_order}/pay", opened(THE_BUYER)),
    post("/orders/{number=unpaid_order}/pay", THE_BUYER, form={"rail": "wechat"}, ok=303),
    post("/orders/{number=unpaid_order}/asked", THE_BUYER, ok=303),
    get("/orders/{number=unpaid_order}/cancel", opened(THE_BUYER)),
    post("/orders/{number=unpaid_order}/cancel", THE_BUYER, ok=303),
    post("/orders/{number=shipped_order}/receive/{position=shipped_position}", THE_BUYER, ok=303),
    get(REVIEWED, opened(THE_BUYER)),
    post(REVIEWED, THE_BUYER, form=REVIEW, ok=303),
    # selling
    get("/farm/apply", OF_FARMERS),
    post("/farm/apply", ANY_ACCOUNT, form=APPLICATION, files=PHOTO, ok=303),
    get("/farm/mine", OF_FARMERS),
    get("/farm/bill", OF_FARMERS),
    get("/farm/money", OF_FARMERS),
    get("/farm", opened(ANY_SELLER)),
    get("/farm/orders", opened(ANY_SELLER)),
    get("/farm/parcels/{suborder_id}", opened(THE_PRODUCER)),
    post("/farm/parcels/{suborder_id}", THE_PRODUCER, form=PARCEL, ok=303),
    get("/farm/guests", OF_FARMERS),
    post("/farm/guests", THE_HOST, form={"code": "@code"}, ok=303),
    get("/farm/sell", opened(ANY_SELLER)),
    get("/farm/sell/{slug='nut'}", opened(ANY_SELLER_FOR_ONE)),
    post("/farm/sell/{slug='nut'}", THE_PRODUCER, form=PRODUCT, files=PHOTO, ok=303),
    get("/farm/sell/stay", opened(ANY_SELLER)),
    post("/farm/sell/stay", THE_PRODUCER, form=STAY, files=PHOTO, ok=303),
    get("/farm/papers", opened(ANY_SELLER)),
    post("/farm/papers", THE_PRODUCER, form=PAPER, files=PHOTO, ok=303),
    get("/farm/freight", opened(ANY_SELLER)),
    post("/farm/freight", THE_PRODUCER, form=FREIGHT, ok=303),
    get("/farm/listings/{number=listing_number}", opened(THE_PRODUCER)),
    get("/farm/listings/{number=hidden_number}", opened(THE_PRODUCER)),
    post("/farm/listings/{number=listing_number}/offer", THE_PRODUCER, form=OFFER, ok=303),
    post("/farm/listings/{number=listing_number}", MOVES_A_LISTING, form={"move": "withdraw"}, ok=303),
    get("/certificates/{photo_id}", opened(SEES_THE_PAPERS_WHOLE)),
    # the desk: sellers
    get("/desk", page_of(AT_THE_DESK)),
    get("/desk/producers", page_of(AT_THE_DESK)),
    get("/desk/producers/{producer_id}", page_of(SEES_THE_PRODUCER_AT_THE_DESK)),
    post("/desk/producers/{producer_id=applied}", THE_VILLAGE_AT_THE_DESK, form=CONFIRM, ok=303),
    post(CLAIMED, THE_COUNTY_AT_THE_DESK, ok=303),
    # the desk: what the month rests on
    get("/desk/imports", page_of(IN_THE_COUNTY)),
    get("/desk/imports/{kind='register'}", page_of(IN_THE_COUNTY)),
    post("/desk/imports/{kind='usage'}", duty("importer"), form=TAKE, files=USAGE),
    post("/desk/imports/{kind='plans'}", duty("policy"), form=TAKE, files=PLANS),
    get("/desk/notices", page_of(IN_THE_COUNTY)),
    get("/desk/programmes", page_of(IN_THE_COUNTY)),
    get("/desk/programmes/set", page_of(IN_THE_COUNTY)),
    post("/desk/programmes/set", duty("policy"), form=PROGRAMME, ok=303),
    # the desk: the month
    get("/desk/months", page_of(IN_THE_COUNTY)),
    get("/desk/months/{month}", page_of(IN_THE_COUNTY)),
    get("/desk/places", page_of(IN_THE_COUNTY)),
    get("/desk/findings", page_of(IN_THE_COUNTY)),
    get("/desk/sheets", page_of(IN_THE_COUNTY)),
    get("/desk/sheets/{month}", page_of(THE_WHOLE_COUNTY)),
    get("/desk/sheets/{month}/{name='approval.xlsx'}", page_of(THE_WHOLE_COUNTY)),
    get("/desk/sheets/{month}/{name='settlement.xlsx'}", page_of(THE_WHOLE_COUNTY)),
    get("/desk/sheets/{month}/{name='operators.csv'}", page_of(THE_WHOLE_COUNTY)),
    get("/desk/sheets/{month}/{name='case.json'}", page_of(THE_WHOLE_COUNTY)),
    get("/desk/quarters/{quarter}", page_of(THE_WHOLE_COUNTY)),
    get("/desk/quarters/{quarter='2019Q1.xlsx'}", page_of(THE_WHOLE_COUNTY)),
    post("/desk/findings", duty("township", part=UNKNOWN), form=FINDING, ok=303),
    post("/desk/months/{month}/{step='run'}", duty("importer"), ok=303),
    post("/desk/months/{month}/{step='confirm'}", duty("village", part=LET_IN), ok=303),
    post("/desk/months/{month}/{step='review'}", duty("township", part=LET_IN), ok=303),
    post("/desk/months/{month}/{step='decide'}", duty("county"), ok=303),
    post("/desk/months/{month}/{step='settle'}", duty("finance"), ok=303),
    post("/desk/months/{month}/{step='reconcile'}", duty("reconciler"), ok=303),
    post("/desk/months/{month}/{step='close'}", duty("reconciler"), ok=303),
    # The session ends with it, so it comes last.
    post("/sign-out", ANY_ACCOUNT, ok=303),
)  # fmt: skip
