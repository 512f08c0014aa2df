"""Rendering a page: the template, the layout around it, and the CSS and symbols it uses."""

import hashlib
from collections.abc import Mapping
from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from minijinja import Environment, safe
from msgspec import Struct

from market.kernel.language import CHINESE, ENGLISH, say
from market.kernel.settings import DEFAULT_HELP_HOURS, DEFAULT_HELP_PHONE
from market.service.web.ui import charts, components, illustrations
from market.service.web.ui import format as formats
from market.service.web.ui.link_macros import link_macros
from market.service.web.ui.translate_template import MARK, choose_words, translate_template

TEMPLATES = Path(__file__).parent.parent / "templates"
_TYPES = {".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


class SiteInfo(Struct, frozen=True):
    """Facts that are the same on every page of an installation."""

    phone: str = DEFAULT_HELP_PHONE
    """The number of the service, answered by people."""
    hours: str = DEFAULT_HELP_HOURS
    demo: bool = False
    """Show the sample data band with its list of people, and mark phone numbers as samples."""


class SiteLinks(Struct, frozen=True):
    """The paths that the layouts link to."""

    home: str = "/"
    search: str = "/search"
    kinds: str = "/kinds"
    cart: str = "/cart"
    me: str = "/me"
    farm: str = "/farm"
    farm_ship: str = "/farm/orders"
    farm_sell: str = "/farm/sell"
    farm_mine: str = "/farm/mine"
    desk: str = "/desk"
    desk_menu: tuple[tuple[str, str, str, str], ...] = (
        ("todo", "/desk", "等我办的", "To do"),
        ("months", "/desk/months", "账期", "Months"),
        ("places", "/desk/places", "乡镇村户", "Places"),
        ("findings", "/desk/findings", "疑点", "Findings"),
        ("sheets", "/desk/sheets", "审批表", "Sheets"),
        ("producers", "/desk/producers", "卖家", "Sellers"),
    )
    """(name for `here`, path, Chinese text, English text)"""
    language: str = "/language"
    """POST lang=en or zh and to=path: store the choice in a cookie and redirect back."""
    elder: str = "/elder"
    """POST elder=1 or 0 and to=path: store the choice in a cookie and redirect back."""
    demo_people: str = "/demo/people"
    demo_band: str = "/demo/band"
    """POST band=1 or 0 and to=path: show or hide the band of the demo on this device, and redirect back."""


SITE_LINKS = SiteLinks()


class PageFrame(Struct, frozen=True):
    """Values that the layout shows around the content of a page; `page` in templates."""

    nonce: str
    elder: bool
    lang: str
    path: str
    query: str
    cart: int
    user: str | None
    owner: str = ""
    band: bool = True
    translated: bool = False
    """Whether the page is there in another language, so that it may offer to change it."""

    def say(self, chinese: str, english: str) -> str:
        """Return the text in the page's language."""
        return english if self.lang.startswith("en") else chinese


class StaticFile(Struct, frozen=True):
    """A file whose content never changes under its name, so it is served with `Cache-Control: immutable`."""

    content: bytes
    media_type: str


class Renderer:
    """Renders the templates of `market/service/web/templates`; `get_renderer` returns that of the process.

    An undefined name is a bug and raises an exception; so does printing None where `refuses_none` is set.
    """

    refuses_none: ClassVar[bool] = False
    """Pass every printed value through Python; the tests do, and a page takes a third longer with it."""

    def __init__(self, site: SiteInfo, templates: Path = TEMPLATES) -> None:
        self.site = site
        self.parts = components.load_components()
        self.static: dict[str, StaticFile] = {}
        """The scripts and the logo, by URL."""
        self._urls: dict[str, str] = {}
        self._load_static()
        self._templates = templates
        css = "".join(part.css for part in self.parts.components)
        self._assets_digest = hashlib.sha256(css.encode()).digest()
        self._styles = lru_cache(maxsize=512)(self._encode_styles)
        self._symbols = lru_cache(maxsize=512)(self._encode_symbols)
        self._pieces = lru_cache(maxsize=256)(self._split_part)
        self._envs = {language: self._make_environment(language) for language in (CHINESE, ENGLISH)}

    def _make_environment(self, language: str) -> Environment:
        """Return the templates of a language, each compiled when it is first used."""
        return Environment(
            loader=self._load_chinese if language == CHINESE else self._load_english,
            undefined_behavior="strict",
            trim_blocks=True,
            lstrip_blocks=True,
            finalizer=_refuse_none if self.refuses_none else None,
            filters={
                **formats.FILTERS,
                "tint": illustrations.get_tint_class,
            },
            globals={
                "site": self.site,
                "links": SITE_LINKS,
                "static": self.url,
                "price_range_svg": charts.draw_price_range,
                "split_svg": charts.draw_split_bar,
                "split_dot": charts.draw_split_key,
                "say": say,
                "draw": self._draw,
                "zh": "" if language == CHINESE else safe(MARK),
            },
        )

    def page(
        self,
        template: str,
        context: Mapping[str, Any],
        *,
        nonce: str,
        elder: bool = False,
        lang: str = "zh-Hans",
        path: str = "/",
        query: str = "",
        cart: int = 0,
        user: str | None = None,
        owner: str = "",
        band: bool = True,
        translated: bool = False,
    ) -> bytes:
        """Render a whole page as UTF-8, with the CSS components and symbols it uses inlined.

        `path` is where the 长辈版 switch redirects to, `query` fills the search box, `cart` is the number of items in
        the cart, `user` is the name that a desk shows, `owner` keys the drafts of the page, `band` shows the band of
        the demo, and `translated` the button for the other language. The context must not use the names `page` and
        `site`.
        """
        frame = PageFrame(nonce, elder, lang, path, query, cart, user, owner, band, translated)
        html = self._envs[ENGLISH if lang == "en" else CHINESE].render_template(template, **{**context, "page": frame})
        # The engine escapes `/` too, which needs no escape in a page of quoted attributes.
        return self._dress(html.replace("&#x2f;", "/"))

    def make_etag(self, page: bytes, nonce: str) -> str:
        """Return the weak validator of a page without its nonce; its CSS follows from the classes and the release."""
        begin = page.find(b"<style")
        # SHA-256, because processors have instructions for it: a third of the time of BLAKE2b.
        digest = hashlib.sha256(self._assets_digest)
        for part in (page[:begin], page[page.find(b"</style>", begin) :]):
            digest.update(part.replace(nonce.encode(), b""))
        return f'W/"{digest.hexdigest()[:24]}"'

    def url(self, name: str) -> str:
        """Return the URL of a static file by its plain name, `draft.js`.

        Raises:
            KeyError: the file does not exist.
        """
        return self._urls[name]

    def _load(self, name: str) -> str | None:
        path = (self._templates / name).resolve()
        if not path.is_relative_to(self._templates) or not path.is_file():
            return None
        return link_macros(path.read_text(encoding="utf-8"), self._read_library)

    def _read_library(self, name: str) -> str:
        return (self._templates / name).read_text(encoding="utf-8")

    def _load_chinese(self, name: str) -> str | None:
        source = self._load(name)
        return None if source is None else choose_words(source, english=False)

    def _load_english(self, name: str) -> str | None:
        source = self._load(name)
        return None if source is None else translate_template(choose_words(source, english=True))

    def _dress(self, html: str) -> bytes:
        """Return a page with its CSS and symbols, each encoded once for all pages that use the same."""
        used = components.find_symbols(html)
        known = tuple(name for name in used if name in self.parts.symbols)
        missing = [name for name in used if name not in known and f'id="{name}"' not in html]
        assert not missing, f"unknown symbols: {missing}"
        page = html.encode().replace(b"<!--symbols-->", self._symbols(known), 1)
        return page.replace(b"<!--styles-->", self._styles(components.find_classes(html)), 1)

    def _encode_styles(self, classes: frozenset[str]) -> bytes:
        return self.parts.styles(classes).encode()

    def _encode_symbols(self, names: tuple[str, ...]) -> bytes:
        symbols = "".join(self.parts.symbols[name] for name in names)
        return f'<svg class="defs" aria-hidden="true">{symbols}</svg>'.encode()

    def _draw(self, part: str, page: PageFrame, here: str, csrf: str) -> str:
        """Return a part of the shop's frame: drawn once for all pages that differ in what is put in here."""
        pieces = self._pieces(part, page.lang, here, page.cart, (page.elder, page.translated, bool(csrf)))
        values = {"path": escape(page.path), "query": escape(page.query), "csrf": csrf}
        return safe("".join(values[each] if at % 2 else each for at, each in enumerate(pieces)))

    def _split_part(
        self, part: str, lang: str, here: str, cart: int, modes: tuple[bool, bool, bool]
    ) -> tuple[str, ...]:
        """Return the text of a part with the names of the values that stand between its pieces."""
        elder, translated, has_token = modes
        frame = PageFrame("", elder, lang, "\0path\0", "\0query\0", cart, None, translated=translated)
        context = {"page": frame, "at": here, "csrf": "\0csrf\0" if has_token else ""}
        html = self._envs[ENGLISH if lang == "en" else CHINESE].render_template(part, **context)
        return tuple(html.replace("&#x2f;", "/").split("\0"))

    def _load_static(self) -> None:
        for path in (*sorted((components.ASSETS / "js").glob("*.js")), components.ASSETS / "mark.svg"):
            content = path.read_bytes()
            url = f"/static/{path.stem}-{hashlib.sha256(content).hexdigest()[:10]}{path.suffix}"
            self._urls[path.name] = url
            self.static[url] = StaticFile(content, _TYPES[path.suffix])


@cache
def get_renderer(site: SiteInfo) -> Renderer:
    """Return the renderer of the process, which keeps what it compiled, also if a service starts in it again."""
    return Renderer(site)


def _refuse_none(value: object) -> object:
    if value is None:
        raise ValueError("a page would print None")
    return value


def make_content_security_policy(nonce: str, pay_origins: tuple[str, ...] = ()) -> str:
    """Return the Content-Security-Policy of a page; `pay_origins` are the origins of payment pages."""
    targets = " ".join(("'self'", *pay_origins))
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'self' 'nonce-{nonce}'; img-src 'self' data: blob:;"
        f" connect-src 'self'; form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )
