"""The buyers' pages in English, one village for each way: no Chinese but names and texts of sellers and places."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from market.people.identity.models import AccountId, Role
from payments.sandbox import Sandbox
from tests.service.web.conftest import BUYER_PHONE, Village
from tests.service.web.shop.checkout import ADDRESS as CHINESE_ADDRESS
from tests.service.web.shop.checkout import buy_everything, get_order_number, pay_at_provider
from tests.service.web.shop.test_channels import pair
from tests.service.web.shop.test_coupons import make_coupon
from tests.service.web.test_bad_fruit import make_photo
from tests.service.web.test_packages import agree_and_publish, compose, make_picking
from tests.support.english import NAMES, EnglishReader
from tests.support.make import VILLAGE, make_official

ADDRESS = {"who": "Sample Buyer", "tel": BUYER_PHONE, "address": "Sample Street 1", "method": "wechat"}


@asynccontextmanager
async def read_english(village: Village, account_id: AccountId | None = None) -> AsyncGenerator[EnglishReader]:
    """Yield a reader of English; on leaving, nothing on the pages it saw may be Chinese."""
    names = f"{await village.value(NAMES)}\n“枣”\n{CHINESE_ADDRESS['address']}"
    async with await village.browser(account_id) as client:
        reader = EnglishReader(client, names)
        yield reader
    assert not reader.found, "\n".join(reader.found)


async def test_the_way_from_home_to_a_paid_order(village: Village) -> None:
    await pair(village)
    number = await village.number(village.dates.listing_id)
    await village.value("UPDATE listings SET sold_count = 12, rating_sum = 9, rating_count = 2 RETURNING 1")
    async with read_english(village, village.buyer) as reader:
        reader.client.client.cookies.set("currency", "USD", domain="market.test")
        for path in ("/village", *(f"/village{each}?village={VILLAGE}" for each in ("", "/pairings", "/jobs"))):
            await reader.open(path)
        for path in (
            "/", "/kinds", "/kinds/fruit", "/kinds/stay", "/places/1306", "/places/130624", "/search?q=枣",
            "/search?q=zao",
            "/search?q=qqqq", "/search?low=9&high=5", "/channels", "/channels/beijing", "/channels/130624",
            "/channels/tianjin", "/currency", "/cart", f"/goods/{number}?region=540000", f"/goods/{number}",
        ):  # fmt: skip
            await reader.open(path)
        await reader.submit("/cart/goods", n="2")
        assert "Approximately USD" in (await reader.open("/cart")).text
        assert "charged in CNY" in (await reader.open("/checkout?region=130000")).text
        await reader.submit("/checkout", status=422, who="", tel="1", address="")
        await reader.open("/checkout?region=130000")
        seen = await reader.submit("/checkout", typed=ADDRESS)
        assert seen.path.endswith("/pay")
        order = seen.path.removesuffix("/pay")
        await reader.open(order)
        await reader.open(f"{order}/cancel")
        await village.value("UPDATE orders SET state = 'paid', paid_at = now() RETURNING 1")
        await village.value("UPDATE suborders SET state = 'paid' RETURNING 1")
        await reader.open(order)
        await reader.open(f"{order}/cancel")
    async with read_english(village) as reader:
        await reader.open("/sign-in")
        await reader.submit("/sign-in", phone="1", status=422)
        assert (await reader.submit("/sign-in", phone=BUYER_PHONE)).path == "/sign-in/code"
        await reader.submit("/sign-in/code", code="1", status=401)
        for path in ("/goods/999999", "/stays/999999", "/packages/999999", "/sellers/999999", "/nowhere"):
            await reader.open(path, status=404)


async def test_goods_say_before_checkout_that_they_are_not_sent_abroad(village: Village) -> None:
    await pair(village)
    product = f"/goods/{await village.number(village.dates.listing_id)}"
    async with read_english(village, village.buyer) as reader:
        seen = await reader.open(product)
        [region] = [each for each in seen.root.all("p") if each.attrs.get("id") == "region-h"]
        assert region.text == "Sent within mainland China only, not abroad."
        for path in ("/kinds/fruit", "/places/130624", "/channels/beijing"):
            assert (await reader.open(path)).text.count("Goods are sent within mainland China only, not abroad.") == 1
    async with await village.browser(village.buyer) as buyer:
        assert "境外" not in (await buyer.open(product)).html


async def test_stays_packages_shops_and_what_is_saved(village: Village, sandbox: Sandbox) -> None:
    activity, day = await make_picking(village), village.today + timedelta(days=20)
    stay = f"/stays/{await village.number(village.stay.listing_id)}"
    picking = f"/goods/{await village.number(activity.listing_id)}"
    seller = f"/sellers/{await village.value('SELECT number FROM producers WHERE id = $1', village.dates.producer_id)}"
    coupon = await make_coupon(village)
    async with await village.browser(village.farmer) as farm:
        await compose(village, farm, activity)
        package = await agree_and_publish(village, farm)
    await village.value(
        "INSERT INTO producer_figures VALUES ($1, '2019-04-01', '2019-09-28', 8, 7, 3, 13, 1) RETURNING 1",
        village.dates.producer_id,
    )
    assert package
    async with read_english(village, village.buyer) as reader:
        past, late = village.today - timedelta(days=2), village.today + timedelta(days=500)
        for query in (
            "", f"?from={day}", f"?from={past}&to={day}", f"?from={late}&to={late}", f"?from={day}&to={day}",
            f"?from={day}&to={day + timedelta(days=90)}", f"?month={day:%Y-%m}",
            f"?from={day}&to={day + timedelta(days=2)}",
        ):  # fmt: skip
            seen = await reader.open(f"{stay}{query}")
        assert "Arrival" in seen.text
        assert "If you cancel" in seen.text
        await reader.submit("/cart/nights", rooms="1")
        await reader.open("/checkout")
        for path in (
            f"{stay}/reviews", f"/goods/{await village.number(village.dates.listing_id)}/reviews", seller,
            f"{seller}/reviews", "/packages", "/packages?q=qqqq", "/packages?before=1", package,
            f"{package}?day={day}&n=30", f"{package}/book?day={day}&n=1", f"{package}?day={day}&n=1",
        ):  # fmt: skip
            await reader.open(path, status=422 if "/book" in path else 200)
        await reader.submit(f"{package}/book")
        await reader.submit(f"{package}/book", typed={"who": "", "tel": "1", "address": ""}, status=422)
        seen = await reader.submit(f"{package}/book", typed=ADDRESS | {"total": "1"}, status=422)
        assert "CNY" in seen.text
        assert (await reader.submit(f"{package}/book", typed=ADDRESS)).path.endswith("/pay")
        seen = await pay_at_provider(village, sandbox, reader.client)
        order = seen.path.partition("?")[0]
        await reader.open(order)
        await reader.open(f"{order}/cancel")
        await reader.open(f"{order}/cancel?part=1", status=409)
        await reader.open(f"{order}/rest", status=409)
        await reader.open(picking)
        await reader.submit(picking, n="", status=422)
        await reader.submit(picking, n="99", status=422)
        await reader.submit(picking, n="2")
        await reader.open("/coupons")
        await reader.submit("/coupons", code="NOPE", status=404)
        await reader.open("/coupons")
        await reader.submit("/coupons", number=str(coupon.number))
        await reader.open(seller)
        await reader.submit("/favourites")
        await reader.open(stay)
        await reader.submit("/favourites")
        await reader.open("/me/favourites")
        await reader.open(f"/report{'/listing' + stay.removeprefix('/stays')}")
        await reader.submit(f"/report/listing/{stay.rpartition('/')[2]}", status=422)
        assert (await reader.submit(f"/report/listing/{stay.rpartition('/')[2]}", reason="fraud", text="odd")).text
        await reader.open("/l/10/1/21/1", status=404)


async def receive_everything(village: Village, sandbox: Sandbox) -> tuple[str, int, int, int]:
    """Buy dates, millet and a stay, and receive the goods; return the order's page and the three positions."""
    async with await village.browser(village.buyer) as buyer:
        await buy_everything(village, sandbox, buyer)
    await village.value(
        "UPDATE suborders SET state = 'received', shipped_at = now(), received_at = now()"
        " WHERE kind = 'goods' RETURNING 1"
    )
    dates, millet, stay = [
        await village.value("SELECT position FROM suborders WHERE producer_id = $1", each.producer_id)
        for each in (village.dates, village.millet, village.stay)
    ]
    return f"/orders/{await get_order_number(village)}", dates, millet, stay


async def test_claims_returns_and_mediation(village: Village, sandbox: Sandbox) -> None:
    order, dates, millet, _ = await receive_everything(village, sandbox)
    claim, give_back = f"{order}/claim/{dates}", f"{order}/return/{millet}"
    async with village.database.transaction() as conn:
        finance = await make_official(conn, Role.FINANCE, "130624")
        county = await make_official(conn, Role.COUNTY, "130624")
    async with read_english(village, village.buyer) as reader:
        await reader.open(order)
        await reader.open(claim)
        await reader.submit(claim, status=422)
        await reader.submit(claim, typed={"bad": "6", "total": "60", "text": "rotten"}, files=make_photo())
        await reader.open(claim, status=409)
        await reader.open(f"{order}/return/{dates}", status=409)
        case = f"/cases/{await village.value('SELECT case_id FROM bad_fruit_claims')}"
        assert case in (await reader.open(order)).links()
        await reader.open(case)
        await reader.open(give_back)
        field = (
            f"n-{await village.value('SELECT id FROM order_lines WHERE listing_id = $1', village.millet.listing_id)}"
        )
        await reader.submit(give_back, typed={field: "99"}, status=422)
        seen = await reader.submit(give_back, typed={field: "1", "text": "too dark"})
        returned = seen.path.partition("?")[0]
        await reader.open(order)
        await reader.open(f"/cases/{returned.rpartition('/')[2]}")
        await reader.open(returned)
        await reader.submit(returned, press=("decision", "withdraw"))
    async with await village.browser(village.farmer) as farm:
        await farm.open(case.replace("/cases/", "/farm/claims/"))
        await farm.submit(
            case.replace("/cases/", "/farm/claims/"), press=("decision", "refuse"), typed={"reason": "all were good"}
        )
    async with read_english(village, village.buyer) as reader:
        await reader.open(case)
        await reader.submit(case, press=("move", "withdraw"), typed={"text": "x" * 301}, status=422)
    async with await village.browser(finance, second_factor=True) as desk:
        await desk.open(case.replace("/cases/", "/desk/cases/"))
        await desk.submit(case.replace("/cases/", "/desk/cases/"), typed={"bad": "0", "reason": "no damage visible"})
    ask = f"{case}/mediation"
    async with read_english(village, village.buyer) as reader:
        await reader.open(order)
        await reader.open(case)
        await reader.open(ask)
        await reader.submit(ask, status=422)
        await reader.submit(ask, typed={"text": "the photo shows it"})
        mediation = await village.value("SELECT case_id FROM mediations")
        await reader.open(f"/cases/{mediation}")
    async with await village.browser(county, second_factor=True) as desk:
        await desk.open(f"/desk/mediations/{mediation}")
        await desk.submit(f"/desk/mediations/{mediation}", typed={"share": "50", "reason": "half each"})
    async with read_english(village, village.buyer) as reader:
        await reader.open(ask)
        await reader.submit(f"{ask}/answer", press=("answer", "agree"))
        await reader.open(case)


async def test_reviews_complaints_messages_invoices_and_other_days(village: Village, sandbox: Sandbox) -> None:
    order, dates, _, stay = await receive_everything(village, sandbox)
    listing = await village.number(village.dates.listing_id)
    async with read_english(village, village.buyer) as reader:
        review = f"{order}/review/{dates}"
        await reader.open(f"{review}?listing={listing}")
        await reader.submit(review, status=422)
        await reader.submit(review, typed={"rating": "4", "text": "call 13800138000"}, status=422)
        await reader.submit(review, typed={"rating": "4", "text": "good"}, files=make_photo())
        await reader.open(f"{review}?listing={listing}", status=409)
        own = next(link for link in (await reader.open(order)).links() if link.startswith("/reviews/"))
        await reader.open(own)
        await reader.submit(own, typed={"rating": "9"}, status=422)
        await reader.submit(own, typed={"rating": "3"})
        await reader.open(f"/goods/{listing}")
        await reader.open(f"/report/review/{own.rpartition('/')[2]}")
        complaint = f"{order}/complaint/{dates}"
        await reader.open(complaint)
        await reader.submit(complaint, typed={"text": "last year's"}, status=422)
        await reader.submit(complaint, typed={"category": "complaint_goods", "text": ""}, status=422)
        await reader.submit(complaint, typed={"category": "complaint_goods", "text": "last year's"})
        await reader.submit(complaint, typed={"category": "complaint_goods", "text": "last year's"}, status=409)
        case = next(link for link in (await reader.open(complaint)).links() if link.startswith("/cases/"))
        await reader.open(case)
        messages = f"{order}/messages/{dates}"
        await reader.open(messages)
        await reader.submit(messages, typed={"text": ""}, status=422)
        await reader.submit(messages, typed={"text": "see www.example.com"}, status=422)
        await reader.submit(messages, typed={"text": "When is it sent?"})
        await reader.open("/me/messages")
        await reader.open(f"{messages}/report?message=1")
        await reader.submit(f"{messages}/report", typed={"text": "odd"}, status=422)
        invoice = f"{order}/invoice/{dates}"
        await reader.open(invoice)
        await reader.submit(invoice, typed={"kind": "unit", "title": "", "tax_number": "1", "email": "x"}, status=422)
        await reader.submit(invoice, typed={"kind": "person", "title": "Sample Buyer", "tax_number": "", "email": ""})
        await reader.open(f"{invoice}/sheet")
        days, arrive = f"{order}/days/{stay}", village.today + timedelta(days=40)
        await reader.open(days)
        await reader.open(f"{days}?from=x&to={arrive}", status=422)
        await reader.open(f"{days}?from={arrive}&to={arrive + timedelta(days=2)}", status=422)
        await reader.open(f"{days}?from={arrive}&to={arrive + timedelta(days=5)}")
        await reader.open(f"{days}?from={arrive + timedelta(days=1)}&to={arrive + timedelta(days=2)}")
        await reader.submit(days, price="1", status=409)
        await reader.open(f"{days}?from={arrive + timedelta(days=1)}&to={arrive + timedelta(days=2)}")
        await reader.submit(days)
        await reader.open(f"{order}/cancel?part={stay}")
        await reader.submit(f"{order}/cancel")
        await reader.open(f"{order}/cancel", status=409)
        await reader.submit(f"{order}/again") if f"{order}/again" in reader.client.current.html else None
        for path in ("/me", "/me/orders", "/me/orders?q=qqqq", "/me/orders?state=open"):
            await reader.open(path)


async def test_the_own_pages(village: Village, sandbox: Sandbox) -> None:
    await receive_everything(village, sandbox)
    async with await village.browser(village.buyer) as another, read_english(village, village.buyer) as reader:
        another.client.headers["User-Agent"] = "Mozilla/5.0 (iPhone)"
        for path in ("/me", "/me/messages", "/me/favourites", "/me/orders", "/me/data", "/me/data?all=1"):
            await reader.open(path)
        await reader.open("/me/devices")
        await reader.submit("/me/devices", session="others")
        await reader.open("/me/info")
        await reader.submit("/me/info/consents", press=("act", "give"), typed={"kind": "warning_sms"})
        await reader.submit("/me/info/consents", press=("act", "withdraw"))
        await reader.submit("/me/info/name", name="", status=422)
        await reader.submit("/me/info/name", name="x" * 61, status=422)
        await reader.submit("/me/info/name", name="Sample Buyer")
        for path in ("/me/info/looks", "/me/info/kept", "/me/info/requests", "/me/info/requests?kind=complain"):
            await reader.open(path)
        await reader.submit("/me/info/requests", typed={"text": ""}, status=422)
        await reader.submit(
            "/me/info/requests", typed={"kind": "correct", "to": "county", "village": "x", "text": "y"}, status=422
        )
        await reader.submit("/me/info/requests", typed={"kind": "explain", "to": "platform", "text": "Who saw it?"})
        await reader.open("/me/info")
        await reader.open("/me/data?all=1")
        await reader.open("/me/close")
        await village.value("UPDATE orders SET state = 'finished' RETURNING 1")
        await village.value("UPDATE suborders SET state = 'received' RETURNING 1")
        await reader.open("/me/close")
        await reader.submit("/me/close/code")
        await reader.submit("/me/close", code="1", status=401)
        await reader.open("/me/closed")


async def test_what_has_no_english_does_not_promise_it(village: Village) -> None:
    async with await village.browser(village.buyer) as buyer:
        buyer.client.headers["Accept-Language"] = "en"
        for path, language in (
            (f"/village/coverage?village={VILLAGE}", "zh-Hans"),
            ("/me/organisations", "zh-Hans"),
            ("/me", "en"),
            ("/", "en"),
        ):
            seen = await buyer.open(path)
            assert seen.root.all("html")[0].attrs["lang"] == language
            assert ('action="/language"' in seen.html) is (language == "en"), path
