"""The catalogue of the buyers' pages in English: no message of their templates, code and tables is missing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import market.service.web.ui.renderer as renderer_module
from market.catalogue.listings.goods_terms import STORAGE_NAMES
from market.catalogue.listings.models import NAME_MATCH_RULES, SORT_RULES, WHOLE_WORD_RULE
from market.catalogue.listings.night_rules import HOLIDAY_NAMES
from market.catalogue.producers.closures import CLOSURE_REASON_NAMES
from market.catalogue.producers.models import CERTIFICATE_NAMES, PRODUCER_KIND_NAMES, PRODUCER_STATE_NAMES
from market.catalogue.trace.models import PROMISE_NAMES
from market.kernel.language import ENGLISH, answer_in, load_catalogue
from market.people.consents.models import CONSENT_TEXTS
from market.people.identity.models import ROLE_NAMES
from market.people.moderation.off_platform import LINK_REASON, PHONE_REASON, REQUEST_REASON
from market.privacy import looks, own_consents
from market.privacy.county_holdings import HOLDINGS
from market.privacy.request_models import FIELD_NAMES, REQUEST_NAMES
from market.sales.complaints.models import COMPLAINT_NAMES
from market.sales.packages import book
from market.sales.reviews.models import HIDING_REASON_NAMES
from market.service.web.shop import solar_terms
from market.service.web.shop.cards import format_unit
from market.service.web.shop.regions import REGIONS
from market.service.web.ui.translate_template import HAN, translate_template
from market.service.web.village.areas import VILLAGE_AREAS
from market.subsidies.intake.models import STATE_NAMES
from market.villages.benefits.models import HOW_NAMES
from market.villages.content.reports import KIND_NAMES as REPORTED_NAMES
from market.villages.content.reports import REASON_NAMES
from market.villages.pairing.models import PAIRING_STATES, PLEDGE_NAMES, PLEDGE_UNITS
from payments.models import METHODS

# pyright: reportPrivateUsage=false

WEB = Path(renderer_module.__file__).parents[1]
TEMPLATES = renderer_module.TEMPLATES
HELPERS = (
    "case_words", "conversation_page", "forms", "invoice_words", "pages", "pairing_words", "tracking_words",
    "shop/cards", "shop/coupon_words", "shop/listing/details", "shop/listing/off_sale", "shop/listing/price_words",
    "shop/package_cards",
    "shop/promises", "shop/regions", "shop/visit_codes", "shop/orders/order_cards", "shop/orders/order_amounts",
    "shop/orders/order_deposit", "shop/orders/order_refunds", "ui/calendar",
)  # fmt: skip
"""The modules that write words for those with pages in English."""
CHINESE_ONLY = {
    "case_words": {
        "提异议的人", "投诉的人", "申诉的人", "报的人", "问的人", "申请的人", "举报的人", "本人", "问买家，等回话",
        "多要一点时间", "转给上一级",
    },
    "forms": {"元"},
    "shop/buying/cart": {"零一两三四五六七八九十"}, "shop/listing/stay": {"零一两三四五六七八九十"},
    "shop/cards": {"公斤", "千克", "克", "合 ", "（", " 月"},
    "shop/listing/details": {"（"}, "shop/regions": {"市"},
    "pairing_words": {"承诺", "做了", "要做到", "从哪天到哪天", "哪天", "什么", "多少", "合计"},
    "ui/renderer": {"等我办的", "账期", "乡镇村户", "疑点", "审批表"},
}  # fmt: skip
"""Words of cases of farmers and officials, the menu of the desk, which has both languages, and what is looked for."""
CASE_NAMES = ("坏果包赔", "七天退货", "货不对版投诉", "服务投诉", "诈骗举报", "办事投诉", "调解", "发票")
"""The categories of a buyer's cases; their names are in the database."""
_USED = re.compile(r'\{%-? *(?:extends|include|from) "([a-z_/]+)\.html"')
_RENDERED = re.compile(r'"([a-z_/]+)\.html"')


def list_modules() -> list[str]:
    """Return the modules of `market.service.web` with pages in English, as paths."""
    paths = sorted(path for path in WEB.rglob("*.py") if "english=True" in path.read_text("utf-8"))
    return [path.relative_to(WEB).with_suffix("").as_posix() for path in paths]


def list_templates() -> set[str]:
    """Return the templates of the pages in English with everything they use."""
    waiting, found = ["refusal"], set[str]()
    for name in (*list_modules(), *HELPERS):
        waiting += _RENDERED.findall((WEB / f"{name}.py").read_text("utf-8"))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += _USED.findall((TEMPLATES / f"{name}.html").read_text("utf-8"))
    return found


def list_said_messages() -> Iterator[str]:
    """Yield the messages that code says in the page's language."""
    for path in sorted(WEB.parents[1].rglob("*.py")):
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


def list_words(name: str) -> set[str]:
    """Return the Chinese strings of a module, but for SQL, patterns, docstrings and refusals, which have both."""
    tree = ast.parse((WEB / f"{name}.py").read_text("utf-8"))
    apart = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id="zh")]):
                apart |= set(ast.walk(node))
            case ast.Call(func=ast.Name(id="Query") | ast.Attribute(attr="compile")):
                apart |= set(ast.walk(node))
            case _:
                pass
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and HAN.search(node.value)
        if node not in apart
    }


def test_no_message_of_templates_and_code_is_missing() -> None:
    catalogue, missing = load_catalogue(), set[str]()

    def find(message: str) -> str | None:
        if message not in catalogue:
            missing.add(message)
        return None

    for name in list_templates():
        translate_template((TEMPLATES / f"{name}.html").read_text("utf-8"), find)
    assert sorted(missing | (set(list_said_messages()) - catalogue.keys())) == []


def test_no_word_of_the_pages_in_english_bypasses_the_catalogue() -> None:
    catalogue = load_catalogue().keys()
    left = {name: list_words(name) - catalogue - CHINESE_ONLY.get(name, set()) for name in (*list_modules(), *HELPERS)}
    assert {name: words for name, words in left.items() if words} == {}


def test_no_word_of_a_table_is_missing() -> None:
    tables = (
        SORT_RULES, NAME_MATCH_RULES, STORAGE_NAMES, CERTIFICATE_NAMES, PRODUCER_KIND_NAMES, PRODUCER_STATE_NAMES,
        CLOSURE_REASON_NAMES, COMPLAINT_NAMES, CONSENT_TEXTS, REASON_NAMES, REPORTED_NAMES, REQUEST_NAMES, FIELD_NAMES,
        HIDING_REASON_NAMES, PROMISE_NAMES, ROLE_NAMES, HOW_NAMES, STATE_NAMES, own_consents.KIND_NAMES,
        PAIRING_STATES, PLEDGE_NAMES, PLEDGE_UNITS,
        book._KINDS, book._UNITS, looks._WORDS, looks._BY_OBJECT, looks._OWN, looks._OWN_BY_OBJECT, looks._OTHERS,
    )  # fmt: skip
    words = {
        *(word for table in tables for word in table.values()), *CASE_NAMES, *HOLIDAY_NAMES, WHOLE_WORD_RULE,
        *(f"举报{name}" for name in REPORTED_NAMES.values()),
        *(name for _, name in REGIONS), *(each.name_zh for each in METHODS.values()),
        *(name for name, _, _ in solar_terms._TERMS), *solar_terms._RIPE_BY_MONTH,
        *(word for each in HOLDINGS for word in (each.name, each.purpose, each.retention, each.why)),
        LINK_REASON, PHONE_REASON, REQUEST_REASON,
        *(word for each in VILLAGE_AREAS for word in (each.name, each.line)),
        own_consents._JOB_TEXT, own_consents._INQUIRY_TEXT, own_consents._QUESTION_TEXT,
    }  # fmt: skip
    assert sorted(words - load_catalogue().keys()) == []


def test_every_translation_has_the_facts_of_its_message_and_no_chinese() -> None:
    wrong = [
        (chinese, english)
        for chinese, english in load_catalogue().items()
        if HAN.search(english) or not set(re.findall(r"\{\d\}", english)) <= set(re.findall(r"\{\d\}", chinese))
    ]
    assert wrong == []


def test_a_unit_of_two_letters_is_one_word() -> None:
    with answer_in(ENGLISH):
        words = [format_unit(each) for each in ("公斤", "小时", "5公斤捆", "桌")]
    assert words == ["kg", "hour", "5 kg bundle", "table"]
