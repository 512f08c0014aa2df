"""The cases of the API: every route with its policy and request, in the order of the domain packages."""

from pathlib import Path
from uuid import UUID

import msgspec

from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.models import Duty
from tests.access.actors import OPERATOR, OTHER_COUNTY_OFFICIAL, VILLAGE_SCOPED
from tests.access.fixtures import make_picture
from tests.access.policies import (
    ACCOUNT_KEEPERS,
    ADMISSION_OFFICIALS,
    ANY_OFFICIAL,
    APPLICANTS_VILLAGE,
    BOOKING_HOST,
    COUNTY_AND_PLATFORM,
    COUNTY_SCOPE,
    DESK,
    FORBIDDEN,
    HIDDEN,
    ISSUERS,
    LEAD_REPORTERS,
    LINE_HOLDERS,
    LINE_OUTSIDE_SCOPED_VILLAGE,
    MEMBERS_AND_OFFICIALS,
    NOT_FOUND,
    OPERATORS,
    ORDER_BUYER,
    ORIGINAL_READERS,
    PARCEL_PARTIES,
    PLATFORM_STAFF,
    PRODUCER_MEMBERS,
    PRODUCER_OWNER,
    PUBLIC,
    RECHECKERS,
    SIGNED_IN,
    SUPERVISED,
    SUSPENDING_OFFICIALS,
    TASK_OWNER,
    VILLAGE_AGREERS,
    WHOLE_COUNTY_SCOPE,
    require_duty,
)
from tests.access.route_case import FixtureId as Id
from tests.access.route_case import RouteCase, UploadedFile, delete, get, post, put
from tests.service.web.desk.county import read_story_file

APPLICATION = {"kind": "household", "name": "样例新家", "village_code": "130624107221", "produce": "核桃"}
CONFIRM = {"step": "confirm"}
CLAIM = {"kind": "origin", "number": "样例-2"}
PROTECTED = {"divisions": ["130624107000"]}
ORGANISATION = {
    "kind": "company", "name": "样例食用菌公司", "credit_code": "91130624MA0XAMPL0Q", "county_code": "130624",
}  # fmt: skip
CHARITY_NOTICE = {
    "kind": "blood", "title": "样例献血", "village_code": "130624107221", "place": "村委会", "first": "2019-12-01",
    "last": "2019-12-01",
}  # fmt: skip
SUPERVISION_TASK = {
    "issuer": "13", "assignee": "1306", "title": "样例", "text": "样例", "basis": "样例", "due_on": "2019-12-31",
}  # fmt: skip
VILLAGE_FILE = "村代码,村名,起始日期,终止日期,并入村代码,依据\n130624107221,革新庄村,,,,样例〔2019〕1号".encode()
AREA = "/api/v1/producers/{producer_id}/certificates/{certificate_id}/area"
REJECTION = "/api/v1/producers/{producer_id}/certificates/{certificate_id}/rejection"
VERIFICATION = "/api/v1/producers/{producer_id}/certificates/{certificate_id}/verification"
DETAILS = {"name": "样例新某", "phone": "0312-000-0009", "hours": "白天"}
CONTACT = {"division_code": "130624107000", **DETAILS}
PICKUP_POINT = {
    "division_code": "130624107000", "name": "样例点", "address": "样例街 1 号", "phone": "03127000001",
    "hours": "白天", "keeper_phone": "17010008803",
}  # fmt: skip
PRODUCT = {
    "title": "样例核桃", "category": "nut", "unit": "500g袋", "price_fen": 30_00, "quantity": 5,
    "producer_id": Id("producer_id"),
}  # fmt: skip
STAY = {"title": "样例小院", "rooms": 1, "price_fen": 200_00, "producer_id": Id("producer_id")}
ACTIVITY = {
    "title": "样例采摘", "category": "picking", "price_fen": 50_00, "producer_id": Id("producer_id"),
}  # fmt: skip
SLOTS = {"first": Id("later"), "last": Id("later"), "starts": "14:00:00", "ends": "16:00:00", "places": 10}
DESCRIPTION = {"version": 1, "title": "阜平大枣", "category": "fruit"}
PACK = {"unit": "2斤盒", "price_fen": 20_00, "quantity": 5}
MORE_PACK = {"unit": "3斤盒", "price_fen": 30_00, "quantity": 5}
PACKAGE = {
    "title": "样例套餐", "persons": 2, "price_fen": 100_00, "starts_on": Id("later"), "ends_on": Id("after_later"),
    "parts": [{"variant_ids": [Id("variant_id")], "quantity": 1}],
}  # fmt: skip
NOBODYS_PACKAGE = {"package_id": Id("nobody")}
NO_PACKAGE = {"number": "999999"}
PACKAGE_QUOTE = {"arrive_on": Id("later"), "region_code": "130100"}
COUPON = {
    "name": "样例满减", "amount_fen": 1_00, "min_goods_fen": 9_00, "quota": 5,
    "starts_on": Id("later"), "ends_on": Id("after_later"),
}  # fmt: skip
FREIGHT = {"first_g": 1000, "first_fen": 8_00, "next_g": 1000, "next_fen": 3_00}
HOST_NIGHTS = {"room_id": Id("room_id"), "first": Id("later"), "until": Id("after_later")}
SEASON = {"first": "2019-05-01", "until": "2019-05-05", "price_fen": 300_00}
STAY_GUEST = {"name": "样例住客", "document": "identity", "number": "1"}
NOBODYS_GUEST = {"guest_id": Id("nobody")}
SCAN = {"nonce": "01a21b72-6c25-73bf-975d-a18a7a89e770", "code": "XJ1.x", "shown_at": "2019-10-03T08:00:00Z"}
NEW_DAYS = {"arrive_on": Id("later"), "leave_on": Id("after_later")}
PAST_DAYS = {"arrive_on": "2019-01-01", "leave_on": "2019-01-02"}
SUSPEND = {"move": "suspend", "reason": "样例"}
PHOTO = (UploadedFile("photo", "a.jpg", make_picture(200)),)
LISTING_FILE = (UploadedFile("file", "a.csv", "名字\n".encode()),)
LINES = {"lines": [{"variant_id": Id("variant_id"), "quantity": 1}]}
NIGHTS = {"nights": [{"listing_id": Id("stay_id"), "arrive_on": Id("later"), "leave_on": Id("after_later")}]}
ORDER = {"address": {"name": "样例买家", "phone": "13900009001", "region_code": "130100", "street": "样例路 9 号"}}
PRESALE = {
    "deposit_fen": 1_00, "balance_from": Id("later"), "balance_until": Id("after_later"), "send_from": Id("later"),
    "send_until": Id("after_later"),
}  # fmt: skip
NOBODYS_WEIGHTS = {"weights": [{"line_id": Id("nobody"), "weighed_g": 500}]}
PARCEL = {"carrier": "邮政", "tracking": "XA1234567890CN"}
REVIEW = {"rating": 5, "text": "样例"}
REFUND = {"reason": "agreed", "amount_fen": 1_00}
NOBODYS_REVIEW: dict[str, str | Id] = {"review_id": Id("nobody")}
NOBODYS_CLAWBACK: dict[str, str | Id] = {"clawback_id": Id("nobody")}
NOBODYS_CASE: dict[str, str | Id] = {"case_id": Id("nobody")}
AREA_KEEPERS = ACCOUNT_KEEPERS.deny([OTHER_COUNTY_OFFICIAL], FORBIDDEN)
NOBODYS_SLOT: dict[str, str | Id] = {"slot_id": Id("nobody")}
NOBODYS_POSTING: dict[str, str | Id] = {"posting_id": Id("nobody")}
NOBODYS_APPLICATION: dict[str, str | Id] = {"application_id": Id("nobody")}
NOBODYS_NOTICE: dict[str, str | Id] = {"notice_id": Id("nobody")}
NOBODYS_PAIRING: dict[str, str | Id] = {"pairing_id": Id("nobody")}
NOBODYS_ORGANISATION: dict[str, str | Id] = {"organisation_id": Id("nobody")}
POSTING = {
    "title": "样例摘枣", "village_code": "130624107221", "positions": 2, "wage_min_fen": 12000, "wage_max_fen": 15000,
    "per": "day", "first": "2019-03-01", "last": "2019-03-31",
}  # fmt: skip
HIRE = {"application_id": "00000000-0000-7000-8000-000000000001", "hired_on": "2019-02-01"}
NOBODYS_SEAT: dict[str, str | Id] = {"seat_id": Id("nobody")}
HOURS = {
    "village_code": "130624107221",
    "starts_at": "2019-03-05T09:00:00+08:00",
    "ends_at": "2019-03-05T11:00:00+08:00",
}
COURSE = {**HOURS, "title": "样例剪枝", "organiser": "样例农业农村局", "places": 20}
CLINIC_DAY = {
    **HOURS, "organisation_id": "00000000-0000-7000-8000-000000000001", "remote": False, "room": "卫生室", "places": 9,
}  # fmt: skip
UNIT_COUNTY = AREA_KEEPERS.allow("finance")
NO_PURCHASE: dict[str, str | Id] = {"number": "9999"}
UNIT_QUOTA = {"year": 2019, "canteen_fen": 1_00, "quota_fen": 1_00}
SELLER_INVOICE = {"number": "1" * 20, "issued_on": "2019-02-01", "amount_fen": 1}
BANK_RECEIPT = {
    "reference": "样例0001", "payer_code": "CG102433", "payer_name": "样例小学", "amount_fen": 1_00,
    "received_on": "2019-01-02",
}  # fmt: skip
NOBODYS_CHANGE: dict[str, str | Id] = {"change_id": Id("nobody")}
LINE_CHANGE = {"line": "nobody", "verb": "close", "effective_on": "2019-02-01", "note": "样例"}
NOBODYS_LEAD: dict[str, str | Id] = {"lead_id": Id("nobody")}
LEAD = {"kind": "identify", "source": "cadre", "reason": "income", "note": ""}
FINDING = {"check": "claim_outside_snapshot", "subject": "DX-06", "why": "样例", "stop": ["DX-06"]}


BILL = {"file_id": Id("bill_id")}
BILL_WRITERS = require_duty("importer").allow(OPERATOR).deny([OTHER_COUNTY_OFFICIAL], FORBIDDEN)
"""The operator of the bill, and the county's importer."""
VILLAGE_DUTY = require_duty("village").allow(VILLAGE_SCOPED)
TOWNSHIP_DUTY = require_duty("township").allow(VILLAGE_SCOPED)
FINDING_DUTY = require_duty("township").deny([VILLAGE_SCOPED], NOT_FOUND)
"""The finding of the case is outside the scoped village."""


def _read_story_file(name: str, field: str = "file") -> UploadedFile:
    """Return an input file of the golden story."""
    return UploadedFile(field, Path(name).name, read_story_file(name))


IMPORTERS = {Duty.IMPORT: "importer", Duty.TERMS: "policy"}
"""The official who imports the files of a duty."""
REGISTER = (_read_story_file("register/register-2018-12-20.csv"),)
PROGRAMMES = (
    _read_story_file("programmes.json"),
    *(_read_story_file(f"documents/P{n}.txt", "documents") for n in (1, 2, 3)),
)
PLANS = (_read_story_file("plans.csv"),)
BUDGET = (_read_story_file("budget.json"),)
ENROLMENTS = (_read_story_file("enrolments/enrolments-2019-02-01.csv"),)
BINDINGS = (_read_story_file("bindings/bindings-2019-02-01.csv"),)
OPENING = (_read_story_file("opening.csv"),)
BILLING = (
    _read_story_file("billing/mobile-2019-01.csv"),
    _read_story_file("billing/mobile-2019-01.manifest.json", "manifest"),
)
USAGE = (_read_story_file("usage/usage-2019-01.csv"),)
LISTS = (UploadedFile("file", "lists.csv", "名单,身份证号,户编号,内容,生效日,失效日\n".encode()),)
RETURN_MANIFEST = {
    "file": "a.csv", "operator": "mobile", "month": "2019-01", "sha256": "", "rows": 0, "sum_fen": 0,
    "settlement_sha256": "",
}  # fmt: skip
RETURN = (
    UploadedFile("file", "a.csv", "业务编号,所属月,业务号码,业务类型,入账金额,结果\n".encode()),
    UploadedFile("manifest", "a.manifest.json", msgspec.json.encode(RETURN_MANIFEST)),
)
ACCEPTANCE = {"differences": [str(UUID(int=0))], "why": "样例"}

FAVOURITE = {"kind": "listing", "number": Id("listing_number")}

API_CASES: tuple[RouteCase, ...] = (
    # service
    get("/healthz", PUBLIC),
    get("/readyz", PUBLIC),
    get("/metrics", PUBLIC),
    get("/schema", PUBLIC),
    get("/schema/openapi.json", PUBLIC),
    get("/schema/{path}", PUBLIC, params={"path": "nothing"}, status=404),
    post("/payments/webhook", PUBLIC, json={}, status=400),
    post("/carriers/webhook", PUBLIC, json={}, status=400),
    # divisions
    get("/api/v1/open-data/subsidies", PUBLIC),
    get("/api/v1/divisions", PUBLIC),
    get("/api/v1/divisions/path", PUBLIC, query={"code": "130624107221"}),
    get("/api/v1/divisions/search", PUBLIC, query={"q": "阜平"}),
    get("/api/v1/divisions/listed", PUBLIC),
    # identity
    post("/api/v1/codes", PUBLIC, json={"phone": "17010008899"}, status=201),
    post("/api/v1/sessions", PUBLIC, json={"phone": "17010008899", "code": "000000"}, status=401),
    get("/api/v1/sessions", SIGNED_IN),
    post("/api/v1/sessions/second-factor", SIGNED_IN, json={"code": "000000"}, status=401),
    delete("/api/v1/sessions/{session_id}", ORDER_BUYER, status=204),
    get("/api/v1/me", SIGNED_IN),
    put("/api/v1/me", SIGNED_IN, json={"name": "样例买家甲"}),
    # producers
    post("/api/v1/producers", SIGNED_IN, json=APPLICATION, status=201),
    get("/api/v1/producers", SIGNED_IN),
    get("/api/v1/producers/waiting", ADMISSION_OFFICIALS),
    get("/api/v1/producers/{producer_id}", PUBLIC),
    post(
        "/api/v1/producers/{producer_id}/decisions",
        APPLICANTS_VILLAGE,
        params={"producer_id": Id("applied")},
        json=CONFIRM,
        status=201,
    ),
    post("/api/v1/producers/{producer_id}/certificates", PRODUCER_MEMBERS, json=CLAIM, status=201),
    post(VERIFICATION, COUNTY_AND_PLATFORM, params={"certificate_id": Id("claimed")}, status=201),
    post(REJECTION, COUNTY_AND_PLATFORM, params={"certificate_id": Id("claimed")}, json={"reason": "样例"}, status=201),
    put(AREA, COUNTY_AND_PLATFORM, params={"certificate_id": Id("indication")}, json=PROTECTED, status=204),
    # catalogue and stock
    get("/api/v1/listings", PUBLIC),
    get("/api/v1/categories", PUBLIC),
    get("/api/v1/channels", PUBLIC),
    get("/api/v1/channels/{code}/counties", PUBLIC, params={"code": "beijing"}),
    get("/api/v1/channels/{code}/listings", PUBLIC, params={"code": "beijing"}),
    get("/api/v1/rates", PUBLIC),
    get("/api/v1/rates/{currency}/price", PUBLIC, params={"currency": "USD"}, query={"fen": "100"}, status=404),
    get("/api/v1/contacts/own", SIGNED_IN),
    get("/api/v1/counties/{county}/contacts", DESK),
    post("/api/v1/counties/{county}/contacts", ACCOUNT_KEEPERS, json=CONTACT, status=201),
    put("/api/v1/counties/{county}/contacts/{contact_id}", ACCOUNT_KEEPERS, json=DETAILS),
    # pickup points
    get("/api/v1/counties/{county}/village-periods", PUBLIC),
    post(
        "/api/v1/counties/{county}/village-files/{kind}",
        ACCOUNT_KEEPERS,
        params={"kind": "villages"},
        form={"dry_run": "false"},
        files=(UploadedFile("file", "村.csv", VILLAGE_FILE),),
        status=201,
    ),
    get("/api/v1/counties/{county}/organisations", PUBLIC),
    post(
        "/api/v1/counties/{county}/organisations/{organisation_id}/decision",
        ACCOUNT_KEEPERS,
        params={"organisation_id": Id("nobody")},
        json={"verified": True},
        status=404,
    ),
    get("/api/v1/organisations", SIGNED_IN),
    get("/api/v1/villages/{village_code}/coverage", PUBLIC, params={"village_code": "130624107221"}),
    get("/api/v1/counties/{county}/coverage", PUBLIC),
    get("/api/v1/counties/{county}/coverage-projects", PUBLIC),
    get("/api/v1/counties/{county}/plans", PUBLIC),
    get("/api/v1/benefits", SIGNED_IN),
    get("/api/v1/producers/{producer_id}/benefit-rules", PRODUCER_MEMBERS),
    post(
        "/api/v1/producers/{producer_id}/benefit-files",
        PRODUCER_MEMBERS,
        files=(UploadedFile("file", "受益.csv", "商品,户编号,方式,比例\n999,N05,卖货,1%\n".encode()),),
        status=422,
    ),
    post(
        "/api/v1/producers/{producer_id}/benefit-households",
        PRODUCER_MEMBERS,
        json={"code": "N05", "phone": "17020000099"},
        status=422,
    ),
    get("/api/v1/counties/{county}/benefits", AREA_KEEPERS, query={"quarter": "2019-04-01"}),
    get("/api/v1/label-keys", PUBLIC),
    get("/api/v1/counties/{county}/yield-limits", PUBLIC),
    get("/api/v1/producers/{producer_id}/plots", PRODUCER_MEMBERS),
    post(
        "/api/v1/producers/{producer_id}/plots", PRODUCER_MEMBERS, json={"name": "东坡地", "area_m2": 2000}, status=201
    ),
    get("/api/v1/producers/{producer_id}/harvest-lots", PRODUCER_MEMBERS),
    post(
        "/api/v1/harvest-lots",
        SIGNED_IN,
        json={"plot_id": Id("nobody"), "crop": "香菇", "harvested_on": "2019-09-20", "grams": 1},
        status=404,
    ),
    post("/api/v1/producers/{producer_id}/mixtures", PRODUCER_MEMBERS, json={"parts": []}, status=422),
    post(
        "/api/v1/harvest-lots/{number}/labels",
        SIGNED_IN,
        params={"number": "1"},
        json={"count": 1, "grams": 10},
        status=404,
    ),
    post(
        "/api/v1/order-lines/{line_id}/labels",
        SIGNED_IN,
        params={"line_id": Id("nobody")},
        json={"labels": "1-1"},
        status=404,
    ),
    post(
        "/api/v1/order-lines/{line_id}/labels/removals",
        SIGNED_IN,
        params={"line_id": Id("nobody")},
        json={"labels": "1-1"},
        status=404,
    ),
    get("/api/v1/label-runs/{number}/labels", SIGNED_IN, params={"number": "1"}, status=404),
    post(
        "/api/v1/harvest-lots/{number}/revocations",
        SIGNED_IN,
        params={"number": "1"},
        json={"reason": "样例"},
        status=404,
    ),
    post(
        "/api/v1/producers/{producer_id}/harvest-files",
        PRODUCER_MEMBERS,
        files=(UploadedFile("file", "采收.csv", "地块,面积亩,作物,采收日期,重量kg\n西坡地,1,,,\n".encode()),),
        status=201,
    ),
    get("/api/v1/counties/{county}/fund-calls", PUBLIC),
    post(
        "/api/v1/fund-calls/{number}/applications",
        SIGNED_IN,
        params={"number": "1"},
        json={"producer_id": Id("nobody"), "text": "样例"},
        status=404,
    ),
    get("/api/v1/supervision-tasks", SUPERVISED),
    post("/api/v1/supervision-tasks", ISSUERS, json=SUPERVISION_TASK),
    get("/api/v1/supervision-tasks/{number}", SUPERVISED, params={"number": "1"}, status=404),
    post(
        "/api/v1/supervision-tasks/{number}/evidence",
        SUPERVISED,
        params={"number": "1"},
        json={"text": "样例"},
        status=404,
    ),
    post("/api/v1/supervision-tasks/{number}/check", SUPERVISED, params={"number": "1"}, status=404),
    *(
        post(
            f"/api/v1/supervision-tasks/{{number}}/{step}",
            SUPERVISED,
            params={"number": "1"},
            json={"text": "样例"},
            status=404,
        )
        for step in ("return", "withdrawal")
    ),
    get("/api/v1/fund-applications", SIGNED_IN),
    get("/api/v1/counties/{county}/fund-calls/{number}/applications", AREA_KEEPERS, params={"number": "1"}, status=404),
    post(
        "/api/v1/counties/{county}/fund-applications/{case_id}/decision",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"granted": False, "text": "样例"},
        status=404,
    ),
    post(
        "/api/v1/villages/{village_code}/outages",
        SIGNED_IN,
        params={"village_code": "130624107221"},
        json={"kind": "never", "operator": "broadnet", "technology": "5g", "since": "2019-01-01"},
        status=201,
    ),
    get("/api/v1/outages", SIGNED_IN),
    get("/api/v1/counties/{county}/outages", OPERATORS),
    post(
        "/api/v1/counties/{county}/outages/{case_id}/answer",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"outcome": "solved", "text": "样例"},
        status=404,
    ),
    get("/api/v1/villages/{village_code}/services", PUBLIC, params={"village_code": "130624107221"}),
    post("/api/v1/services/{slot_id}/seats", SIGNED_IN, params=NOBODYS_SLOT, json={}, status=404),
    get("/api/v1/seats", SIGNED_IN),
    post("/api/v1/seats/{seat_id}/take", SIGNED_IN, params=NOBODYS_SEAT, status=404),
    post("/api/v1/seats/{seat_id}/cancel", SIGNED_IN, params=NOBODYS_SEAT, status=404),
    get("/api/v1/certificates/{number}", SIGNED_IN, params={"number": "1"}, status=404),
    post("/api/v1/counties/{county}/courses", AREA_KEEPERS, json=COURSE, status=201),
    post("/api/v1/counties/{county}/clinic-days", AREA_KEEPERS, json=CLINIC_DAY, status=422),
    post("/api/v1/services/{slot_id}/attendance", SIGNED_IN, params=NOBODYS_SLOT, json={"came": []}, status=404),
    post("/api/v1/counties/{county}/services/{slot_id}/cancel", AREA_KEEPERS, params=NOBODYS_SLOT, status=404),
    post(
        "/api/v1/villages/{village_code}/questions",
        SIGNED_IN,
        params={"village_code": "130624107221"},
        json={"text": "样例"},
        status=201,
    ),
    get("/api/v1/villages/{village_code}/questions", PUBLIC, params={"village_code": "130624107221"}),
    get("/api/v1/questions", SIGNED_IN),
    get("/api/v1/counties/{county}/questions", SIGNED_IN, status=404),
    post(
        "/api/v1/counties/{county}/questions/{case_id}/answer",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"text": "样例"},
        status=404,
    ),
    post("/api/v1/questions/{case_id}/preview", SIGNED_IN, params=NOBODYS_CASE, json={"text": "样例"}, status=404),
    post("/api/v1/questions/{case_id}/share", SIGNED_IN, params=NOBODYS_CASE, json={"text": "样例"}, status=404),
    post("/api/v1/questions/{case_id}/unshare", SIGNED_IN, params=NOBODYS_CASE, status=404),
    get("/api/v1/villages/{village_code}/jobs", PUBLIC, params={"village_code": "130624107221"}),
    post(
        "/api/v1/jobs/{posting_id}/applications",
        SIGNED_IN,
        params=NOBODYS_POSTING,
        json={"consent": True},
        status=404,
    ),
    get("/api/v1/job-applications", SIGNED_IN),
    post("/api/v1/job-applications/{application_id}/withdraw", SIGNED_IN, params=NOBODYS_APPLICATION, status=404),
    post(
        "/api/v1/job-applications/{application_id}/answer",
        SIGNED_IN,
        params=NOBODYS_APPLICATION,
        json={"found_work": True},
        status=404,
    ),
    post(
        "/api/v1/organisations/{organisation_id}/jobs",
        SIGNED_IN,
        params=NOBODYS_ORGANISATION,
        json=POSTING,
        status=404,
    ),
    get("/api/v1/organisations/{organisation_id}/jobs", SIGNED_IN, params=NOBODYS_ORGANISATION, status=404),
    get("/api/v1/jobs/{posting_id}/applicants", SIGNED_IN, params=NOBODYS_POSTING, status=404),
    post("/api/v1/jobs/{posting_id}/hires", SIGNED_IN, params=NOBODYS_POSTING, json=HIRE, status=404),
    post("/api/v1/jobs/{posting_id}/end", SIGNED_IN, params=NOBODYS_POSTING, status=404),
    get("/api/v1/counties/{county}/jobs", AREA_KEEPERS),
    post(
        "/api/v1/counties/{county}/jobs/{posting_id}/check",
        AREA_KEEPERS,
        params=NOBODYS_POSTING,
        json={"live": True},
        status=404,
    ),
    post(
        "/api/v1/villages/{village_code}/inquiries",
        SIGNED_IN,
        params={"village_code": "130624107221"},
        json={"kind": "inquiry", "text": "样例"},
        status=201,
    ),
    get("/api/v1/inquiries", SIGNED_IN),
    get("/api/v1/counties/{county}/published-inquiries", PUBLIC),
    get("/api/v1/counties/{county}/inquiries", AREA_KEEPERS),
    post(
        "/api/v1/counties/{county}/inquiries/{case_id}/answer",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"outcome": "solved", "text": "样例"},
        status=404,
    ),
    post(
        "/api/v1/counties/{county}/inquiries/{case_id}/extension",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"reason": "样例"},
        status=404,
    ),
    post("/api/v1/inquiries/{case_id}/preview", SIGNED_IN, params=NOBODYS_CASE, json={"text": "样例"}, status=404),
    post("/api/v1/inquiries/{case_id}/share", SIGNED_IN, params=NOBODYS_CASE, json={"text": "样例"}, status=404),
    post("/api/v1/inquiries/{case_id}/unshare", SIGNED_IN, params=NOBODYS_CASE, status=404),
    get("/api/v1/villages/{village_code}/charity-notices", PUBLIC, params={"village_code": "130624107221"}),
    post(
        "/api/v1/organisations/{organisation_id}/charity-notices",
        SIGNED_IN,
        params=NOBODYS_ORGANISATION,
        json=CHARITY_NOTICE,
        status=404,
    ),
    get("/api/v1/organisations/{organisation_id}/charity-notices", SIGNED_IN, params=NOBODYS_ORGANISATION, status=404),
    post("/api/v1/charity-notices/{notice_id}/end", SIGNED_IN, params=NOBODYS_NOTICE, status=404),
    get("/api/v1/counties/{county}/charity-notices", AREA_KEEPERS),
    post(
        "/api/v1/counties/{county}/charity-notices/{notice_id}/check",
        AREA_KEEPERS,
        params=NOBODYS_NOTICE,
        json={"live": True},
        status=404,
    ),
    get("/api/v1/villages/{village_code}/pairings", PUBLIC, params={"village_code": "130624107221"}),
    post(
        "/api/v1/organisations/{organisation_id}/pairings",
        SIGNED_IN,
        params=NOBODYS_ORGANISATION,
        json={"village_code": "130624107221", "pledges": []},
        status=404,
    ),
    get("/api/v1/organisations/{organisation_id}/pairings", SIGNED_IN, params=NOBODYS_ORGANISATION, status=404),
    post(
        "/api/v1/organisations/{organisation_id}/buying-account",
        SIGNED_IN,
        params=NOBODYS_ORGANISATION,
        json={"buys": True},
        status=404,
    ),
    get("/api/v1/pairings/{pairing_id}", SIGNED_IN, params=NOBODYS_PAIRING, status=404),
    post(
        "/api/v1/pairings/{pairing_id}/decision", SIGNED_IN, params=NOBODYS_PAIRING, json={"agreed": True}, status=404
    ),
    post(
        "/api/v1/pairings/{pairing_id}/statements", SIGNED_IN, params=NOBODYS_PAIRING, json={"year": 2019}, status=404
    ),
    get(
        "/api/v1/pairings/{pairing_id}/statements/{year}",
        SIGNED_IN,
        params={**NOBODYS_PAIRING, "year": "2019"},
        status=404,
    ),
    get("/api/v1/counties/{county}/pairings", VILLAGE_AGREERS),
    get("/api/v1/counties/{county}/pairings/{pairing_id}", SIGNED_IN, params=NOBODYS_PAIRING, status=404),
    post(
        "/api/v1/counties/{county}/pairings/{pairing_id}/decision",
        SIGNED_IN,
        params=NOBODYS_PAIRING,
        json={"agreed": True},
        status=404,
    ),
    get("/api/v1/counties/{county}/service-figures", PUBLIC),
    get("/api/v1/unit-quotas/{year}", SIGNED_IN, params={"year": "2019"}, status=403),
    post("/api/v1/unit-quotas", SIGNED_IN, json=UNIT_QUOTA, status=403),
    get("/api/v1/counties/{county}/unit-quotas/{year}", UNIT_COUNTY, params={"year": "2019"}),
    post("/api/v1/procurements", SIGNED_IN, json={"order_id": "00000000-0000-7000-8000-000000000001"}, status=403),
    get("/api/v1/procurements", SIGNED_IN, status=403),
    get("/api/v1/procurements/{number}", SIGNED_IN, params=NO_PURCHASE, status=404),
    post("/api/v1/procurements/{number}/approve", SIGNED_IN, params=NO_PURCHASE, status=403),
    post("/api/v1/procurements/{number}/sign", SIGNED_IN, params=NO_PURCHASE, status=404),
    post("/api/v1/procurements/{number}/deliver", SIGNED_IN, params=NO_PURCHASE, json={"lines": []}, status=404),
    post(
        "/api/v1/procurements/{number}/accept",
        SIGNED_IN,
        params=NO_PURCHASE,
        json={"lines": [], "checks": []},
        status=403,
    ),
    post("/api/v1/procurements/{number}/invoice", SIGNED_IN, params=NO_PURCHASE, json=SELLER_INVOICE, status=404),
    post("/api/v1/procurements/{number}/red-letter", SIGNED_IN, params=NO_PURCHASE, json=SELLER_INVOICE, status=404),
    post("/api/v1/procurements/{number}/end", SIGNED_IN, params=NO_PURCHASE, json={"reason": "样例"}, status=404),
    post("/api/v1/bank-receipts", PLATFORM_STAFF, json=BANK_RECEIPT, status=201),
    get("/api/v1/bank-receipts", PLATFORM_STAFF),
    post(
        "/api/v1/bank-receipts/{receipt_id}/confirmation",
        PLATFORM_STAFF,
        params={"receipt_id": Id("nobody")},
        status=404,
    ),
    post(
        "/api/v1/bank-receipts/{receipt_id}/closing",
        PLATFORM_STAFF,
        params={"receipt_id": Id("nobody")},
        json={"closed_as": "mistaken", "note": "样例"},
        status=404,
    ),
    post("/api/v1/organisations", SIGNED_IN, json=ORGANISATION, status=201),
    get("/api/v1/counties/{county}/pickup-points", PUBLIC),
    post("/api/v1/counties/{county}/pickup-points", ACCOUNT_KEEPERS, json=PICKUP_POINT, status=201),
    post(
        "/api/v1/counties/{county}/pickup-points/{point_id}/opening",
        ACCOUNT_KEEPERS,
        params={"point_id": Id("nobody")},
        json={"open": False},
        status=404,
    ),
    post(
        "/api/v1/counties/{county}/pickup-points/{point_id}/keeper",
        ACCOUNT_KEEPERS,
        params={"point_id": Id("nobody")},
        json={"keeper_phone": "17010008898"},
        status=404,
    ),
    post("/api/v1/orders/{number}/again", ORDER_BUYER, params={"number": Id("order")}, status=204),
    get("/api/v1/orders/{order_id}/pickups", SIGNED_IN),
    get("/api/v1/point-parcels", SIGNED_IN),
    post("/api/v1/point-parcels/{suborder_id}/arrival", SIGNED_IN, status=404),
    post("/api/v1/collections", SIGNED_IN, json={"code": "00000000"}, status=422),
    post("/api/v1/counties/{county}/contacts/{contact_id}/end", ACCOUNT_KEEPERS, status=204),
    get("/api/v1/counties", PUBLIC),
    get("/api/v1/products/{listing_id}", PUBLIC),
    get("/api/v1/products/{listing_id}", HIDDEN, params={"listing_id": Id("hidden_id")}),
    get("/api/v1/stays/{listing_id}", PUBLIC, params={"listing_id": Id("stay_id")}),
    get("/api/v1/templates", PRODUCER_MEMBERS, query={"producer_id": Id("producer_id")}),
    post("/api/v1/products", PRODUCER_MEMBERS, json=PRODUCT, status=201),
    post("/api/v1/stays", PRODUCER_MEMBERS, json=STAY, status=201),
    post("/api/v1/activities", PRODUCER_MEMBERS, json=ACTIVITY, status=201),
    post("/api/v1/variants/{variant_id}/prices", PRODUCER_MEMBERS, json={"price_fen": 40_00}, status=201),
    post("/api/v1/listings/{listing_id}/edits", PRODUCER_MEMBERS, json=DESCRIPTION, status=201),
    post(
        "/api/v1/variants/{variant_id}/packs",
        PRODUCER_MEMBERS,
        params={"variant_id": Id("hidden_variant_id")},
        json=PACK,
        status=201,
    ),
    get("/api/v1/listings/{listing_id}/photos", PRODUCER_MEMBERS),
    put("/api/v1/listings/{listing_id}/photos", PRODUCER_MEMBERS, json={"version": 99, "photo_ids": []}, status=409),
    put("/api/v1/listings/{listing_id}/presale", PRODUCER_MEMBERS, json=PRESALE),
    delete("/api/v1/listings/{listing_id}/presale", PRODUCER_MEMBERS, status=204),
    put(
        "/api/v1/stays/{listing_id}/deposit",
        PRODUCER_MEMBERS,
        params={"listing_id": Id("stay_id")},
        json={"share_bp": 3000, "days_before": 3},
    ),
    delete("/api/v1/stays/{listing_id}/deposit", PRODUCER_MEMBERS, params={"listing_id": Id("stay_id")}, status=204),
    put(
        "/api/v1/listings/{listing_id}/cancel-terms",
        PRODUCER_MEMBERS,
        params={"listing_id": Id("stay_id")},
        json={"tiers": [], "holiday_tiers": []},
    ),
    put(
        "/api/v1/listings/{listing_id}/child-price",
        PRODUCER_MEMBERS,
        params={"listing_id": Id("activity_id")},
        json={"price_fen": None},
    ),
    post("/api/v1/listings/{listing_id}/packs", PRODUCER_MEMBERS, json=MORE_PACK, status=201),
    post(
        "/api/v1/variants/{variant_id}/end",
        PRODUCER_MEMBERS,
        params={"variant_id": Id("hidden_variant_id")},
        status=409,
    ),
    put("/api/v1/variants/{variant_id}/price-terms", PRODUCER_MEMBERS, json={"tiers": []}),
    post("/api/v1/lots/{lot_id}/counts", PRODUCER_MEMBERS, json={"change": 5, "reference": "样例"}, status=201),
    post(
        "/api/v1/producers/{producer_id}/closures",
        PRODUCER_MEMBERS,
        json={"starts_on": Id("later"), "ends_on": Id("later"), "reason": "road"},
        status=201,
    ),
    post("/api/v1/producers/{producer_id}/reopen", PRODUCER_MEMBERS, status=204),
    put("/api/v1/producers/{producer_id}/freight", PRODUCER_MEMBERS, json=FREIGHT, status=204),
    post(
        "/api/v1/listings/{listing_id}/seasons",
        PRODUCER_MEMBERS,
        params={"listing_id": Id("stay_id")},
        json=SEASON,
        status=201,
    ),
    get("/api/v1/listings/{listing_id}/seasons", PRODUCER_MEMBERS, params={"listing_id": Id("stay_id")}),
    post(
        "/api/v1/listings/{listing_id}/seasons/removal",
        PRODUCER_MEMBERS,
        params={"listing_id": Id("stay_id")},
        json={"first": "2019-05-01", "until": "2019-05-05"},
        status=200,
    ),
    get("/api/v1/listings/{listing_id}/night-rules", PRODUCER_MEMBERS, params={"listing_id": Id("stay_id")}),
    put(
        "/api/v1/listings/{listing_id}/night-rules",
        PRODUCER_MEMBERS,
        params={"listing_id": Id("stay_id")},
        json={"applies": "holiday", "holiday": "国庆", "price_fen": 420_00},
    ),
    post(
        "/api/v1/listings/{listing_id}/moves",
        SUSPENDING_OFFICIALS,
        params={"listing_id": Id("spare_id")},
        json=SUSPEND,
        status=201,
    ),
    # public units
    get("/api/v1/public-buyers", PLATFORM_STAFF),
    post(
        "/api/v1/public-buyers",
        PLATFORM_STAFF,
        json={"phone": "1", "unit_name": "样例学校", "credit_code": "1", "ends_on": Id("later")},
        status=422,
    ),
    # files of listings
    post("/api/v1/producers/{producer_id}/listing-files", PRODUCER_MEMBERS, files=LISTING_FILE, status=422),
    get("/api/v1/producers/{producer_id}/listing-files/template", PRODUCER_MEMBERS),
    get("/api/v1/producers/{producer_id}/listing-files/sold", PRODUCER_MEMBERS),
    # storage
    post("/api/v1/photos", SIGNED_IN, files=PHOTO, status=201),
    get("/api/v1/photos/{photo_id}", MEMBERS_AND_OFFICIALS),
    # bookings
    get(
        "/api/v1/stays/{listing_id}/nights",
        PUBLIC,
        params={"listing_id": Id("stay_id")},
        query={"arrive": Id("later"), "leave": Id("after_later")},
    ),
    get(
        "/api/v1/stays/{listing_id}/cancel-terms",
        PUBLIC,
        params={"listing_id": Id("stay_id")},
        query={"arrive": Id("later"), "leave": Id("after_later")},
    ),
    # slots
    get("/api/v1/activities/{listing_id}/slots", PUBLIC, params={"listing_id": Id("activity_id")}),
    post(
        "/api/v1/activities/{listing_id}/slots",
        PRODUCER_MEMBERS,
        params={"listing_id": Id("activity_id")},
        json=SLOTS,
        status=201,
    ),
    *(post(f"/api/v1/slots/{{slot_id}}/{what}", PRODUCER_MEMBERS, status=204) for what in ("closure", "opening")),
    post("/api/v1/slots/{slot_id}/cancellation", PRODUCER_MEMBERS, json={"reason": "weather"}, status=204),
    *(
        post(
            f"/api/v1/stays/{{listing_id}}/{what}",
            PRODUCER_MEMBERS,
            params={"listing_id": Id("stay_id")},
            json=body,
            status=204,
        )
        for what, body in (
            ("closures", HOST_NIGHTS),
            ("openings", HOST_NIGHTS),
            ("guests", HOST_NIGHTS | {"guest": {"name": "样例住客"}}),
        )
    ),
    # coupons
    get("/api/v1/coupons", PUBLIC),
    get("/api/v1/vouchers", SIGNED_IN),
    post("/api/v1/coupons/claims", SIGNED_IN, json={"number": 999_999}, status=404),
    get("/api/v1/coupons/platform", PLATFORM_STAFF),
    post("/api/v1/coupons/platform", PLATFORM_STAFF, json=COUPON, status=201),
    get("/api/v1/producers/{producer_id}/coupons", PRODUCER_MEMBERS),
    post("/api/v1/producers/{producer_id}/coupons", PRODUCER_OWNER, json=COUPON, status=201),
    post("/api/v1/coupons/{coupon_id}/end", PRODUCER_OWNER),
    # favourites
    get("/api/v1/favourites", SIGNED_IN),
    put("/api/v1/favourites/{kind}/{number}", SIGNED_IN, params=FAVOURITE, status=204),
    delete("/api/v1/favourites/{kind}/{number}", SIGNED_IN, params=FAVOURITE, status=204),
    # orders
    get("/api/v1/cart", SIGNED_IN),
    put("/api/v1/cart/lines", SIGNED_IN, json=LINES),
    put("/api/v1/cart/nights", SIGNED_IN, json=NIGHTS),
    post("/api/v1/orders", SIGNED_IN, json=ORDER, status=201),
    get("/api/v1/orders", SIGNED_IN),
    get("/api/v1/orders/{order_id}", ORDER_BUYER),
    post(
        "/api/v1/orders/{order_id}/payment",
        ORDER_BUYER,
        params={"order_id": Id("unpaid_order_id")},
        json={"method": "alipay"},
    ),
    post("/api/v1/orders/{order_id}/cancellation", ORDER_BUYER, params={"order_id": Id("unpaid_order_id")}, json={}),
    # reviews
    get("/api/v1/listings/{listing_id}/reviews", PUBLIC),
    get("/api/v1/producers/{producer_id}/reviews", PUBLIC),
    get("/api/v1/producers/{producer_id}/score", PUBLIC),
    get("/api/v1/reviews/{review_id}", SIGNED_IN, params=NOBODYS_REVIEW, status=404),
    put("/api/v1/reviews/{review_id}", SIGNED_IN, params=NOBODYS_REVIEW, json=REVIEW, status=404),
    post("/api/v1/reviews/{review_id}/answer", SIGNED_IN, params=NOBODYS_REVIEW, json={"text": "样例"}, status=404),
    post(
        "/api/v1/reviews/{review_id}/appeal",
        SIGNED_IN,
        params=NOBODYS_REVIEW,
        json={"claimed": "insult", "text": "样例"},
        status=404,
    ),
    get("/api/v1/review-appeals", ANY_OFFICIAL),
    post(
        "/api/v1/review-appeals/{case_id}/decision",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"hide_for": None, "reason": "样例"},
        status=404,
    ),
    # complaints
    post(
        "/api/v1/suborders/{suborder_id}/complaints",
        ORDER_BUYER,
        params={"suborder_id": Id("received_suborder_id")},
        json={"category": "complaint_goods", "text": "样例"},
        status=201,
    ),
    get("/api/v1/suborders/{suborder_id}/complaints", SIGNED_IN, params={"suborder_id": Id("nobody")}),
    get("/api/v1/producers/{producer_id}/complaints", PRODUCER_MEMBERS),
    get("/api/v1/complaints", ANY_OFFICIAL),
    post(
        "/api/v1/complaints/{case_id}/answer",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"outcome": "solved", "text": "样例"},
        status=404,
    ),
    # conversations
    post(
        "/api/v1/suborders/{suborder_id}/messages",
        PARCEL_PARTIES,
        params={"suborder_id": Id("shipped_suborder_id")},
        json={"text": "样例"},
        status=201,
    ),
    get("/api/v1/suborders/{suborder_id}/messages", PARCEL_PARTIES, params={"suborder_id": Id("shipped_suborder_id")}),
    post(
        "/api/v1/suborders/{suborder_id}/messages/read",
        PARCEL_PARTIES,
        params={"suborder_id": Id("shipped_suborder_id")},
        json={"position": 1},
        status=204,
    ),
    post(
        "/api/v1/suborders/{suborder_id}/messages/{position}/report",
        SIGNED_IN,
        params={"suborder_id": Id("nobody"), "position": "1"},
        json={"category": "complaint_fraud"},
        status=404,
    ),
    get("/api/v1/conversations", SIGNED_IN),
    get("/api/v1/producers/{producer_id}/conversations", PRODUCER_MEMBERS),
    # invoices
    post(
        "/api/v1/suborders/{suborder_id}/invoice",
        ORDER_BUYER,
        params={"suborder_id": Id("received_suborder_id")},
        json={"kind": "person", "title": "样例买家"},
        status=201,
    ),
    get("/api/v1/suborders/{suborder_id}/invoice", SIGNED_IN, params={"suborder_id": Id("nobody")}, status=404),
    post(
        "/api/v1/suborders/{suborder_id}/invoices",
        SIGNED_IN,
        params={"suborder_id": Id("nobody")},
        json={"step": "issue", "number": "1", "issued_on": "2019-09-20", "amount_fen": 1},
        status=404,
    ),
    get("/api/v1/producers/{producer_id}/invoices/due", PRODUCER_MEMBERS),
    get("/api/v1/producers/{producer_id}/invoices", PRODUCER_MEMBERS),
    post(
        "/api/v1/invoices/{invoice_id}/number",
        SIGNED_IN,
        params={"invoice_id": Id("nobody")},
        json={"number": "19132000000000000001"},
        status=404,
    ),
    post("/api/v1/invoice-tasks/{case_id}/answer", SIGNED_IN, params=NOBODYS_CASE, json={"text": "样例"}, status=404),
    # cases
    get("/api/v1/cases", ANY_OFFICIAL),
    get("/api/v1/cases/{case_id}", SIGNED_IN, params=NOBODYS_CASE, status=404),
    post("/api/v1/cases/{case_id}/moves", SIGNED_IN, params=NOBODYS_CASE, json={"move": "withdraw"}, status=404),
    # mediations
    post("/api/v1/cases/{case_id}/mediation", SIGNED_IN, params=NOBODYS_CASE, json={"text": "样例"}, status=404),
    get("/api/v1/mediations/{case_id}", SIGNED_IN, params=NOBODYS_CASE, status=404),
    post(
        "/api/v1/mediations/{case_id}/decision",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"share_bp": 0, "reason": "样例"},
        status=404,
    ),
    post(
        "/api/v1/mediations/{case_id}/proposal",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"share_bp": 0, "reason": "样例"},
        status=404,
    ),
    post("/api/v1/mediations/{case_id}/answer", SIGNED_IN, params=NOBODYS_CASE, json={"agree": True}, status=404),
    # packages
    post("/api/v1/producers/{producer_id}/packages", PRODUCER_MEMBERS, json=PACKAGE, status=422),
    get("/api/v1/producers/{producer_id}/packages", PRODUCER_MEMBERS),
    get("/api/v1/producers/{producer_id}/packages/choices", PRODUCER_MEMBERS),
    get("/api/v1/producers/{producer_id}/packages/{package_id}", SIGNED_IN, params=NOBODYS_PACKAGE, status=404),
    post(
        "/api/v1/producers/{producer_id}/packages/{package_id}/publish", SIGNED_IN, params=NOBODYS_PACKAGE, status=404
    ),
    post(
        "/api/v1/producers/{producer_id}/packages/{package_id}/withdraw", SIGNED_IN, params=NOBODYS_PACKAGE, status=404
    ),
    get("/api/v1/producers/{producer_id}/package-invitations", PRODUCER_MEMBERS),
    put(
        "/api/v1/producers/{producer_id}/package-invitations/{package_id}",
        SIGNED_IN,
        params=NOBODYS_PACKAGE,
        json={"agrees": True},
        status=404,
    ),
    get("/api/v1/packages", PUBLIC),
    get("/api/v1/packages/{number}", PUBLIC, params=NO_PACKAGE, status=404),
    get(
        "/api/v1/packages/{number}/availability",
        PUBLIC,
        params=NO_PACKAGE,
        query={"arrive_on": Id("later")},
        status=404,
    ),
    post("/api/v1/packages/{number}/quote", PUBLIC, params=NO_PACKAGE, json=PACKAGE_QUOTE, status=404),
    post(
        "/api/v1/packages/{number}/orders",
        SIGNED_IN,
        params=NO_PACKAGE,
        json={**ORDER, "arrive_on": Id("later")},
        status=404,
    ),
    get("/api/v1/orders/{order_id}/package", SIGNED_IN, params={"order_id": Id("nobody")}, status=404),
    post(
        "/api/v1/orders/{order_id}/package/rest-cancellation",
        SIGNED_IN,
        params={"order_id": Id("nobody")},
        status=404,
    ),
    # aftersales
    post("/api/v1/suborders/{suborder_id}/shipment", PRODUCER_MEMBERS, json=PARCEL),
    post(
        "/api/v1/producers/{producer_id}/shipments",
        PRODUCER_MEMBERS,
        json={"parcels": [{"suborder_id": Id("shipped_suborder_id"), **PARCEL}]},
    ),
    get("/api/v1/suborders/{suborder_id}/tracking", PARCEL_PARTIES, params={"suborder_id": Id("shipped_suborder_id")}),
    post("/api/v1/suborders/{suborder_id}/weights", PRODUCER_MEMBERS, json=NOBODYS_WEIGHTS, status=422),
    post("/api/v1/suborders/{suborder_id}/cancellation", PRODUCER_MEMBERS, json={"reason": "没有了"}, status=409),
    post("/api/v1/check-ins", BOOKING_HOST, json={"code": Id("code")}),
    post("/api/v1/orders/{order_id}/receipt", ORDER_BUYER, params={"order_id": Id("shipped_order_id")}, json={}),
    post(
        "/api/v1/suborders/{suborder_id}/reviews",
        ORDER_BUYER,
        params={"suborder_id": Id("received_suborder_id")},
        json=REVIEW,
        status=201,
    ),
    post(
        "/api/v1/order-lines/{line_id}/refunds",
        PRODUCER_MEMBERS,
        params={"line_id": Id("refundable_line_id")},
        json=REFUND,
        status=201,
    ),
    post(
        "/api/v1/refund-requests/{request_id}/decision",
        SIGNED_IN,
        params={"request_id": Id("nobody")},
        json={"consent": True},
        status=404,
    ),
    get("/api/v1/producers/{producer_id}/refund-requests", PRODUCER_MEMBERS),
    get("/api/v1/producers/{producer_id}/payouts", PRODUCER_MEMBERS),
    post("/api/v1/producers/{producer_id}/payout-account", PRODUCER_OWNER, json={"number": "1"}, status=422),
    post("/api/v1/producers/{producer_id}/payouts", PRODUCER_OWNER, status=409),
    post("/api/v1/producers/{producer_id}/large-payouts", PRODUCER_OWNER, status=409),
    post(
        "/api/v1/payout-accounts/{account_id}/decision",
        SIGNED_IN,
        params={"account_id": Id("nobody")},
        json={"consent": True},
        status=404,
    ),
    post(
        "/api/v1/large-payouts/{payout_id}/decision",
        SIGNED_IN,
        params={"payout_id": Id("nobody")},
        json={"consent": True},
        status=404,
    ),
    post(
        "/api/v1/order-lines/{line_id}/claims",
        SIGNED_IN,
        params={"line_id": Id("nobody")},
        json={"bad": 1, "total": 2, "photo_ids": [Id("photo_id")]},
        status=404,
    ),
    get("/api/v1/orders/{order_id}/claims", SIGNED_IN, params={"order_id": Id("nobody")}),
    get("/api/v1/producers/{producer_id}/claims", PRODUCER_MEMBERS),
    get("/api/v1/claims", ANY_OFFICIAL),
    post(
        "/api/v1/claims/{case_id}/answer",
        SIGNED_IN,
        params={"case_id": Id("nobody")},
        json={"agree": True},
        status=404,
    ),
    post(
        "/api/v1/claims/{case_id}/decision",
        SIGNED_IN,
        params={"case_id": Id("nobody")},
        json={"bad": 1, "reason": "样例"},
        status=404,
    ),
    post(
        "/api/v1/goods-returns",
        SIGNED_IN,
        json={"lines": [{"line_id": Id("nobody"), "quantity": 1}]},
        status=404,
    ),
    get("/api/v1/orders/{order_id}/booking-changes", SIGNED_IN, params={"order_id": Id("nobody")}),
    *(
        post(
            f"/api/v1/orders/{{order_id}}/suborders/{{position}}/booking-changes{path}",
            SIGNED_IN,
            params={"order_id": Id("nobody"), "position": "1"},
            json=NEW_DAYS,
            status=404,
        )
        for path in ("", "/quote")
    ),
    get("/api/v1/check-in-keys", SIGNED_IN),
    get("/api/v1/check-in-scans/doubles", SIGNED_IN),
    post("/api/v1/check-in-scans", SIGNED_IN, json=SCAN),
    post("/api/v1/producers/{producer_id}/calendar-feed", PRODUCER_MEMBERS, status=201),
    delete("/api/v1/producers/{producer_id}/calendar-feed", PRODUCER_MEMBERS, status=204),
    post(
        "/api/v1/bookings/{booking_id}/cancellation",
        SIGNED_IN,
        params={"booking_id": Id("nobody")},
        json={"reason": "host"},
        status=404,
    ),
    get("/api/v1/bookings/{booking_id}/guests", PRODUCER_MEMBERS),
    post("/api/v1/bookings/{booking_id}/guests", PRODUCER_MEMBERS, json=STAY_GUEST, status=422),
    delete("/api/v1/bookings/{booking_id}/guests/{guest_id}", PRODUCER_MEMBERS, params=NOBODYS_GUEST, status=404),
    get("/api/v1/booking-changes", SIGNED_IN),
    post("/api/v1/bookings/{booking_id}/booking-changes", PRODUCER_MEMBERS, json=PAST_DAYS, status=409),
    *(
        post(
            f"/api/v1/booking-changes/{{change_id}}/{what}",
            SIGNED_IN,
            params={"change_id": Id("nobody")},
            json=body,
            status=404,
        )
        for what, body in (("answer", {"accept": True}), ("withdrawal", None))
    ),
    get("/api/v1/orders/{order_id}/goods-returns", SIGNED_IN, params={"order_id": Id("nobody")}),
    get("/api/v1/producers/{producer_id}/goods-returns", PRODUCER_MEMBERS),
    get("/api/v1/goods-returns", ANY_OFFICIAL),
    *(
        post(f"/api/v1/goods-returns/{{case_id}}/{what}", SIGNED_IN, params=NOBODYS_CASE, json=body, status=404)
        for what, body in {
            "answer": {"agree": True, "text": "样例地址"},
            "parcel": {"carrier": "邮政", "tracking": "XA123456789CN"},
            "withdrawal": None,
            "arrival": {},
            "decision": {"grant": False, "reason": "样例"},
        }.items()
    ),
    get("/api/v1/producers/{producer_id}/statement", PRODUCER_MEMBERS),
    get("/api/v1/producers/{producer_id}/suborders", PRODUCER_MEMBERS),
    get("/api/v1/producers/{producer_id}/sales", PRODUCER_MEMBERS),
    # imports of the subsidies
    post("/api/v1/counties/{county}/imports/register", require_duty("importer"), files=REGISTER),
    post("/api/v1/counties/{county}/imports/programmes", require_duty("policy"), files=PROGRAMMES),
    post("/api/v1/counties/{county}/imports/plans", require_duty("policy"), files=PLANS),
    post("/api/v1/counties/{county}/imports/budget", require_duty("policy"), files=BUDGET),
    post("/api/v1/counties/{county}/imports/enrolments", require_duty("importer"), files=ENROLMENTS),
    post("/api/v1/counties/{county}/imports/bindings", require_duty("importer"), files=BINDINGS),
    post("/api/v1/counties/{county}/imports/opening", require_duty("importer"), files=OPENING),
    post("/api/v1/counties/{county}/imports/billing", require_duty("importer"), files=BILLING),
    post("/api/v1/counties/{county}/imports/usage", require_duty("importer"), files=USAGE),
    post("/api/v1/counties/{county}/imports/lists", require_duty("importer"), files=LISTS),
    post("/api/v1/counties/{county}/imports/return", require_duty("importer"), files=RETURN, status=409),
    post("/api/v1/counties/{county}/imports/{file_id}/original", ORIGINAL_READERS),
    *(get(f"/api/v1/counties/{{county}}/imports/{kind.name}/template", COUNTY_SCOPE) for kind in IMPORT_KINDS.values()),
    get("/api/v1/operators/templates/{kind}", PUBLIC, params={"kind": "billing"}),
    *(
        post(f"/api/v1/counties/{{county}}/imports/{kind.name}/held", require_duty(IMPORTERS[kind.duty]))
        for kind in IMPORT_KINDS.values()
        if kind.keeps_rows
    ),
    # months of the subsidies
    get("/api/v1/counties/{county}/months", COUNTY_SCOPE),
    get("/api/v1/counties/{county}/months/{month}", COUNTY_SCOPE),
    get("/api/v1/counties/{county}/months/{month}/findings", COUNTY_SCOPE),
    get("/api/v1/counties/{county}/months/{month}/places", COUNTY_SCOPE),
    get("/api/v1/counties/{county}/months/{month}/lines/{line}", LINE_OUTSIDE_SCOPED_VILLAGE, params={"line": "DX-02"}),
    get("/api/v1/counties/{county}/months/{month}/settlement", WHOLE_COUNTY_SCOPE),
    get("/api/v1/counties/{county}/months/{month}/reconciliation", WHOLE_COUNTY_SCOPE),
    post(
        "/api/v1/counties/{county}/months/{month}/reconciliation/differences",
        require_duty("reconciler"),
        json=ACCEPTANCE,
        status=409,
    ),
    get("/api/v1/counties/{county}/quarters/{quarter}", WHOLE_COUNTY_SCOPE),
    post("/api/v1/counties/{county}/months/{month}/run", require_duty("importer")),
    get("/api/v1/counties/{county}/tasks/{task_id}", TASK_OWNER.deny([OPERATOR], NOT_FOUND)),
    # operators
    post("/api/v1/operators/counties/{county}/uploads", OPERATORS, files=BILLING, status=200),
    post("/api/v1/operators/uploads", OPERATORS, files=BILLING, status=202),
    get("/api/v1/operators/uploads/{upload_id}", OPERATORS, params={"upload_id": Id("nobody")}, status=404),
    post("/api/v1/operators/uploads/{upload_id}/rejected", OPERATORS, params={"upload_id": Id("nobody")}, status=404),
    get("/api/v1/operators/counties/{county}/bills", OPERATORS),
    post("/api/v1/operators/counties/{county}/bills/{file_id}/rejected", OPERATORS, params=BILL, status=404),
    get("/api/v1/operators/counties/{county}/bills/{file_id}/notes", BILL_WRITERS, params=BILL),
    post(
        "/api/v1/operators/counties/{county}/bills/{file_id}/notes",
        BILL_WRITERS,
        params=BILL,
        json={"text": "样例"},
        status=201,
    ),
    get("/api/v1/operators/counties/{county}/months/{month}", OPERATORS, status=409),
    post("/api/v1/operators/counties/{county}/months/{month}/rows", OPERATORS, status=409),
    get("/api/v1/late-files", ANY_OFFICIAL.acting_as("county").deny(["platform"], FORBIDDEN)),
    post("/api/v1/counties/{county}/months/{month}/confirm", VILLAGE_DUTY, status=409),
    post("/api/v1/counties/{county}/months/{month}/return", TOWNSHIP_DUTY, json={"why": ""}, status=422),
    post("/api/v1/counties/{county}/months/{month}/lines/{line}/hold", LINE_HOLDERS, json={"why": ""}, status=422),
    post("/api/v1/counties/{county}/months/{month}/findings/decisions", FINDING_DUTY, json=FINDING),
    post("/api/v1/counties/{county}/months/{month}/review", TOWNSHIP_DUTY),
    post("/api/v1/counties/{county}/months/{month}/decide", require_duty("county")),
    post("/api/v1/counties/{county}/months/{month}/settle", require_duty("finance")),
    post("/api/v1/counties/{county}/months/{month}/reconcile", require_duty("reconciler")),
    post("/api/v1/counties/{county}/months/{month}/close", require_duty("reconciler")),
    # leads
    get("/api/v1/counties/{county}/leads", COUNTY_SCOPE),
    post("/api/v1/counties/{county}/leads", LEAD_REPORTERS, json=LEAD, status=422),
    get("/api/v1/counties/{county}/leads/{lead_id}", COUNTY_SCOPE, params=NOBODYS_LEAD, status=404),
    post(
        "/api/v1/counties/{county}/leads/{lead_id}/steps",
        COUNTY_SCOPE,
        params=NOBODYS_LEAD,
        json={"step": "visit", "opinion": "样例"},
        status=404,
    ),
    get("/api/v1/counties/{county}/lines/{line}", LINE_OUTSIDE_SCOPED_VILLAGE, params={"line": "DX-02"}),
    post(
        "/api/v1/counties/{county}/pauses",
        COUNTY_SCOPE,
        json={"line": "nobody", "reason": "asked", "paused_from": "2019-02-01", "note": "样例"},
        status=404,
    ),
    post(
        "/api/v1/counties/{county}/pauses/{pause_id}/end",
        COUNTY_SCOPE,
        params={"pause_id": Id("nobody")},
        json={"resumed_on": "2019-02-01", "note": "样例"},
        status=404,
    ),
    get("/api/v1/counties/{county}/line-changes", COUNTY_SCOPE),
    post("/api/v1/counties/{county}/line-changes", COUNTY_SCOPE, json=LINE_CHANGE, status=404),
    post(
        "/api/v1/counties/{county}/line-changes/{change_id}/decision",
        require_duty("importer"),
        params=NOBODYS_CHANGE,
        json={"take": True},
        status=404,
    ),
    get("/api/v1/counties/{county}/leads/{lead_id}/consents", COUNTY_SCOPE, params=NOBODYS_LEAD, status=404),
    post("/api/v1/me/applications/{lead_id}/consent/withdrawal", SIGNED_IN, params=NOBODYS_LEAD, status=404),
    post("/api/v1/me/applications/{lead_id}/consent", SIGNED_IN, params=NOBODYS_LEAD, status=404),
    get("/api/v1/counties/{county}/agreements", COUNTY_SCOPE),
    post(
        "/api/v1/counties/{county}/agreements",
        require_duty("policy"),
        json={
            "operator": "mobile",
            "name": "",
            "rates": [{"programme": "P1", "concession_bp": 7000}],
            "start": "2019-01-01",
            "document_name": "a.txt",
            "document": "5qC3",
        },
        status=422,
    ),
    post(
        "/api/v1/counties/{county}/agreements/{agreement_id}/decision",
        ACCOUNT_KEEPERS,
        params={"agreement_id": Id("nobody")},
        json={"approve": True},
        status=404,
    ),
    get("/api/v1/counties/{county}/terms-files", COUNTY_SCOPE),
    get("/api/v1/counties/{county}/clawbacks", COUNTY_SCOPE),
    get("/api/v1/counties/{county}/clawbacks/recoverable", WHOLE_COUNTY_SCOPE),
    post(
        "/api/v1/counties/{county}/clawbacks",
        require_duty("finance").allow("policy"),
        json={"debtor": "operator", "finding_id": Id("nobody"), "items": [], "reason": ""},
        status=422,
    ),
    get("/api/v1/counties/{county}/clawbacks/{clawback_id}", COUNTY_SCOPE, params=NOBODYS_CLAWBACK, status=404),
    *(
        post(
            f"/api/v1/counties/{{county}}/clawbacks/{{clawback_id}}/{step}",
            policy,
            params=NOBODYS_CLAWBACK,
            json=json,
            status=404,
        )
        for step, policy, json in (
            ("decision", ACCOUNT_KEEPERS, {"agree": True, "opinion": "x"}),
            ("delivery", COUNTY_SCOPE.deny(["reconciler"], FORBIDDEN), {"served_on": "2019-02-01", "service": "post"}),
            ("entries", require_duty("finance"), {"kind": "written_off", "fen": 1, "note": "x"}),
            ("appeal", COUNTY_SCOPE.deny(["reconciler"], FORBIDDEN), {"text": "x"}),
        )
    ),
    post(
        "/api/v1/counties/{county}/clawbacks/{clawback_id}/entries/{entry_id}/decision",
        require_duty("reconciler"),
        params={**NOBODYS_CLAWBACK, "entry_id": Id("nobody")},
        json={"confirm": True},
        status=404,
    ),
    get("/api/v1/counties/{county}/clawbacks/appeals/{case_id}", WHOLE_COUNTY_SCOPE, params=NOBODYS_CASE, status=404),
    post(
        "/api/v1/counties/{county}/clawbacks/appeals/{case_id}/ruling",
        COUNTY_SCOPE,
        params=NOBODYS_CASE,
        json={"ruling": "stands", "text": "x"},
        status=404,
    ),
    get("/api/v1/me/clawbacks", SIGNED_IN),
    post(
        "/api/v1/me/clawbacks/{clawback_id}/appeal", SIGNED_IN, params=NOBODYS_CLAWBACK, json={"text": "x"}, status=404
    ),
    get("/api/v1/counties/{county}/operator-accounts", COUNTY_SCOPE),
    post(
        "/api/v1/counties/{county}/operator-accounts",
        require_duty("finance"),
        json={"operator": "mobile", "holder": "", "bank": "", "number": "", "start": "2019-01-01"},
        status=422,
    ),
    post(
        "/api/v1/counties/{county}/operator-accounts/{account_id}/decision",
        ACCOUNT_KEEPERS,
        params={"account_id": Id("nobody")},
        json={"number": None},
        status=404,
    ),
    post(
        "/api/v1/counties/{county}/terms-files/{file_id}/approval",
        ACCOUNT_KEEPERS,
        params={"file_id": Id("nobody")},
        status=404,
    ),
    get("/api/v1/counties/{county}/rechecks", COUNTY_SCOPE),
    post(
        "/api/v1/counties/{county}/rechecks",
        RECHECKERS,
        json={"households": [], "checked_on": "2019-02-01"},
        status=422,
    ),
    get("/api/v1/me/applications", SIGNED_IN),
    post("/api/v1/me/applications", SIGNED_IN, json={"village_code": "130624107221", "note": ""}, status=422),
    post("/api/v1/me/applications/{lead_id}/withdrawal", SIGNED_IN, params=NOBODYS_LEAD, status=404),
    get("/api/v1/villages/{village_code}/notice", PUBLIC, params={"village_code": "130624107221"}),
    post(
        "/api/v1/villages/{village_code}/objections",
        PUBLIC,
        params={"village_code": "130624107221"},
        json={"number": 0, "reason": "other", "text": "样例"},
        status=422,
    ),
    post("/api/v1/objections/status", PUBLIC, json={"receipt": "none"}, status=404),
    post("/api/v1/objections/appeals", PUBLIC, json={"receipt": "none", "text": "样例"}, status=404),
    get("/api/v1/counties/{county}/objections/{case_id}", COUNTY_SCOPE, params=NOBODYS_CASE, status=404),
    post(
        "/api/v1/counties/{county}/objections/{case_id}/answer",
        COUNTY_SCOPE,
        params=NOBODYS_CASE,
        json={"answer": "upheld", "text": "样例"},
        status=404,
    ),
    get("/api/v1/counties/{county}/form-numbers", COUNTY_SCOPE),
    post(
        "/api/v1/counties/{county}/form-numbers",
        ACCOUNT_KEEPERS.allow("policy").deny([OTHER_COUNTY_OFFICIAL], FORBIDDEN),
        json={"form": "quarter", "number": "", "authority": "样例", "starts_on": "2026-01-01"},
        status=422,
    ),
    post("/api/v1/grievances", PUBLIC, json={"county": "130624", "text": ""}, status=422),
    post("/api/v1/grievances/status", PUBLIC, json={"number": 1, "code": "none"}, status=404),
    post("/api/v1/grievances/appeals", PUBLIC, json={"number": 1, "code": "none", "text": "样例"}, status=404),
    get("/api/v1/counties/{county}/grievances", WHOLE_COUNTY_SCOPE),
    post(
        "/api/v1/counties/{county}/grievances",
        ACCOUNT_KEEPERS.deny([OTHER_COUNTY_OFFICIAL], FORBIDDEN),
        json={"source": "web", "text": "样例"},
        status=422,
    ),
    get("/api/v1/counties/{county}/grievances/{case_id}", SIGNED_IN, params=NOBODYS_CASE, status=404),
    *(
        post(
            f"/api/v1/counties/{{county}}/grievances/{{case_id}}/{step}",
            SIGNED_IN,
            params=NOBODYS_CASE,
            json=json,
            status=404,
        )
        for step, json in (
            ("triage", {"topic": "missing"}),
            ("links", {"line": "YD-01"}),
            ("answer", {"outcome": "solved", "text": "样例"}),
            ("extension", {"reason": "样例"}),
            ("escalation", {"reason": "样例"}),
        )
    ),
    post("/api/v1/me/data", SIGNED_IN),
    get("/api/v1/villages/{village_code}/stories", PUBLIC, params={"village_code": "130624107221"}),
    get("/api/v1/villages/{village_code}/warnings", PUBLIC, params={"village_code": "130624107221"}),
    get("/api/v1/me/stories", SIGNED_IN),
    post("/api/v1/stories", SIGNED_IN, json={"village_code": "1", "title": "", "text": ""}, status=422),
    post(
        "/api/v1/stories/{number}/consent", SIGNED_IN, params={"number": "999999"}, json={"consent": True}, status=404
    ),
    post("/api/v1/counties/{county}/stories/{number}/publication", SIGNED_IN, params={"number": "999999"}, status=404),
    post("/api/v1/counties/{county}/stories/{number}/end", SIGNED_IN, params={"number": "999999"}, json={}, status=404),
    post(
        "/api/v1/counties/{county}/warnings",
        AREA_KEEPERS,
        json={"reason": "other", "text": "", "first": "2019-01-01", "last": "2019-01-01"},
        status=422,
    ),
    post(
        "/api/v1/counties/{county}/warnings/{warning_id}/end",
        AREA_KEEPERS,
        params={"warning_id": Id("nobody")},
        status=404,
    ),
    post(
        "/api/v1/reports",
        SIGNED_IN,
        json={"kind": "listing", "reference": "999999", "reason": "fraud"},
        status=404,
    ),
    post(
        "/api/v1/reports/{case_id}/answer",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"hide": False, "text": "样例"},
        status=404,
    ),
    get("/api/v1/me/consents", SIGNED_IN),
    post("/api/v1/me/consents/withdrawal", SIGNED_IN, json={"kind": "warning_sms"}, status=404),
    get("/api/v1/me/looks", SIGNED_IN),
    get("/api/v1/me/data-requests", SIGNED_IN),
    post("/api/v1/me/data-requests", SIGNED_IN, json={"kind": "erase", "text": ""}, status=422),
    get("/api/v1/data-holdings", PUBLIC),
    post(
        "/api/v1/data-requests/{case_id}/answer",
        SIGNED_IN,
        params=NOBODYS_CASE,
        json={"outcome": "solved", "text": "样例"},
        status=404,
    ),
    post("/api/v1/me/closing", SIGNED_IN, json={"code": "none"}, status=401),
    # Last, as it ends the session.
    delete("/api/v1/sessions/current", SIGNED_IN, status=204),
)
