"""The buyer's way in English: no Chinese words but names and texts of sellers and places, and no message missing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import market.web.ui.renderer as renderer_module
from market.catalogue.goods_terms import STORAGE_NAMES
from market.catalogue.models import NAME_MATCH_RULES, SORT_RULES, WHOLE_WORD_RULE
from market.kernel.language import load_catalogue
from market.producers.models import CERTIFICATE_NAMES, PRODUCER_KIND_NAMES
from market.web.shop import solar_terms
from market.web.shop.regions import REGIONS
from market.web.ui.translate_template import HAN, translate_template
from payments.models import METHODS
from tests.support.browser import LoadedPage, PageClient
from tests.support.markup import Node
from tests.web.conftest import BUYER_PHONE, Village
from tests.web.shop.test_channels import pair

ROOT = Path(renderer_module.__file__).parents[3]
TEMPLATES = renderer_module.TEMPLATES
PAGES = (
    "shop/home", "shop/kinds", "shop/list", "shop/channels", "shop/channel", "shop/currency", "shop/product",
    "shop/activity", "shop/off_sale", "shop/cart", "shop/checkout", "shop/pay", "shop/order",
    "account/sign_in", "account/code", "refusal",
)  # fmt: skip
"""The templates of the pages in English; what they extend, include and import follows."""
_USED = re.compile(r'\{%-? *(?:extends|include|from) "([a-z_/]+)\.html"')
_SHOWN_ATTRIBUTES = ("alt", "aria-label", "placeholder", "title", "content")
NAMES = """
SELECT string_agg(name, E'\n') FROM (
    SELECT name FROM divisions UNION SELECT rtrim(name, '市') FROM divisions WHERE level = 2
    UNION SELECT title FROM listings UNION SELECT name FROM producers
    UNION SELECT unit FROM variants UNION SELECT story FROM listings UNION SELECT name FROM accounts
    UNION SELECT source FROM rates UNION SELECT basis FROM channel_counties) AS data (name) WHERE name <> ''
"""


def list_templates() -> set[str]:
    """Return the templates of the pages in English with everything they use."""
    waiting, found = list(PAGES), set[str]()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _USED.findall((TEMPLATES / f"{name}.html").read_text("utf-8"))
    return found


def list_said_messages() -> Iterator[str]:
    """Yield the messages that code says in the page's language."""
    for path in sorted((ROOT / "market").rglob("*.py")):
        if "say(" not in (source := path.read_text("utf-8")):
            continue
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "say":
                continue
            match node.args:
                case [ast.Constant(value=str(message)), *_]:
                    yield message
                case _:
                    pass  # a word of a table


def find_han(page: LoadedPage, names: str) -> list[str]:
    """Return what is left of Chinese on a page without the data; texts of elements marked as Chinese are skipped."""
    data = sorted({each for each in names.split("\n") if len(each) > 1}, key=len, reverse=True)
    left: list[str] = []

    def look(words: str) -> None:
        for each in data:
            words = words.replace(each, "")
        if HAN.search(words):
            left.append(words.strip())

    def walk(node: Node) -> None:
        for name in _SHOWN_ATTRIBUTES:
            look(node.attrs.get(name, ""))
        if node.attrs.get("lang") == "zh-Hans" or node.name in {"script", "style"}:
            return
        for words in node.words:
            look(words)
        for child in node.children:
            walk(child)

    walk(page.root)
    return left


def test_no_message_of_templates_and_code_is_missing() -> None:
    catalogue, missing = load_catalogue(), set[str]()

    def find(message: str) -> str | None:
        if message not in catalogue:
            missing.add(message)
        return None

    for name in list_templates():
        translate_template((TEMPLATES / f"{name}.html").read_text("utf-8"), find)
    words = {
        *list_said_messages(), *SORT_RULES.values(), *NAME_MATCH_RULES.values(), WHOLE_WORD_RULE,
        *STORAGE_NAMES.values(), *CERTIFICATE_NAMES.values(), *PRODUCER_KIND_NAMES.values(),
        *(name for _, name in REGIONS), *(each.name_zh for each in METHODS.values()),
        *(name for name, _, _ in solar_terms._TERMS), *solar_terms._RIPE_BY_MONTH,  # pyright: ignore[reportPrivateUsage]
    }  # fmt: skip
    assert sorted(missing | (words - catalogue.keys())) == []


def test_every_translation_has_the_facts_of_its_message_and_no_chinese() -> None:
    wrong = [
        (chinese, english)
        for chinese, english in load_catalogue().items()
        if HAN.search(english) or not set(re.findall(r"\{\d\}", english)) <= set(re.findall(r"\{\d\}", chinese))
    ]
    assert wrong == []


async def read_english(browser: PageClient, path: str, names: str, wrong: list[str]) -> LoadedPage:
    """Open a page in English and note what is left of Chinese on it."""
    seen = await browser.open(path)
    assert seen.root.all("html")[0].attrs["lang"] == "en", path
    wrong += [f"{path}: {each}" for each in find_han(seen, names)]
    return seen


async def test_no_page_of_the_buyers_way_has_chinese_words_in_english(village: Village) -> None:
    await pair(village)
    names = f"{await village.value(NAMES)}\n“枣”"
    number = await village.number(village.dates.listing_id)
    await village.value("UPDATE listings SET sold_count = 12, rating_sum = 9, rating_count = 2 RETURNING 1")
    wrong: list[str] = []
    async with await village.browser(village.buyer) as browser:
        browser.client.headers["Accept-Language"] = "en-GB,en;q=0.9"
        browser.client.cookies.set("currency", "USD", domain="market.test")
        for path in (
            "/", "/kinds", "/kinds/fruit", "/kinds/stay", "/places/1306", "/places/130624", "/search?q=枣",
            "/search?q=zao",
            "/search?q=qqqq", "/search?low=9&high=5", "/channels", "/channels/beijing", "/channels/130624",
            "/channels/tianjin", "/currency", "/cart", f"/goods/{number}", f"/goods/{number}?region=540000",
        ):  # fmt: skip
            await read_english(browser, path, names, wrong)
        await browser.open(f"/goods/{number}")
        await browser.submit("/cart/goods", n="2")
        seen = await read_english(browser, "/cart", names, wrong)
        assert "Approximately USD" in seen.text
        seen = await read_english(browser, "/checkout?region=130000", names, wrong)
        assert "charged in CNY" in seen.text
        seen = await browser.submit("/checkout", status=422, who="", tel="1", address="")
        wrong += [f"faults: {each}" for each in find_han(seen, names)]
        await browser.open("/checkout?region=130000")
        sent = {"who": "Sample Buyer", "tel": BUYER_PHONE, "address": "Sample Street 1", "method": "wechat"}
        seen = await browser.submit("/checkout", typed=sent)
        assert seen.path.endswith("/pay")
        wrong += [f"pay: {each}" for each in find_han(seen, names)]
        order = seen.path.removesuffix("/pay")
        await read_english(browser, order, names, wrong)
        await village.value(
            "UPDATE orders SET state = 'paid', paid_at = now() WHERE number = $1 RETURNING 1",
            int(order.rpartition("/")[2]),
        )
        await village.value("UPDATE suborders SET state = 'paid' RETURNING 1")
        await read_english(browser, order, names, wrong)
    async with await village.browser() as browser:
        browser.client.headers["Accept-Language"] = "en"
        await read_english(browser, "/sign-in", names, wrong)
        seen = await browser.submit("/sign-in", phone=BUYER_PHONE)
        assert seen.path == "/sign-in/code"
        wrong += [f"code: {each}" for each in find_han(seen, names)]
        missing = await browser.open("/goods/999999", status=404)
        wrong += [f"404: {each}" for each in find_han(missing, names)]
    assert wrong == []
