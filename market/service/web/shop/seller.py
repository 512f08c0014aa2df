"""The public page of a seller: who, where, what they sell, certificates, reviews with answers, and the score."""

from litestar import Response, get
from litestar.di import NamedDependency

from market.catalogue.listings.browse import list_producer_listings
from market.catalogue.producers.closures import describe_closure
from market.catalogue.producers.models import CERTIFICATE_NAMES, PRODUCER_KIND_NAMES, ProducerKind, PublicProducer
from market.catalogue.producers.queries import get_public_producer
from market.kernel.clock import Clock
from market.kernel.division_codes import get_ancestor_code
from market.kernel.language import say
from market.kernel.public_reads import PublicReads
from market.people.identity.models import Actor
from market.sales.reviews.score import (
    MIN_PARCELS,
    MIN_REVIEWS,
    SENDING_POINTS,
    STAR_POINTS,
    ProducerFigures,
    compute_score,
    get_figures,
)
from market.sales.reviews.views import list_producer_reviews
from market.service.http import HttpRequest
from market.service.web.assets import get_origin
from market.service.web.forms import parse_uuid
from market.service.web.pages import render_page
from market.service.web.shared_pages import Audience
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.service.web.shop.cards import ShortNumber, make_card_views
from market.service.web.shop.favourites import load_seller_button
from market.service.web.shop.regions import SellingDivision, make_trail
from market.service.web.ui.format import day_zh

_MAX_LISTINGS = 24
_MAX_REVIEWS = 5
_PAGE_SIZE = 20
_COUNTY, _TOWNSHIP, _VILLAGE = 3, 4, 5


def _describe_seller(producer: PublicProducer) -> list[str]:
    """Return who the seller is and where, as sentences. Source: 电子商务法 10, 15."""
    kind = say(PRODUCER_KIND_NAMES[ProducerKind(producer.kind)])
    where = "".join(dict.fromkeys((producer.county, producer.township, producer.village)))
    words = [say("{0}，{1}。{2}开的店。", kind, where, day_zh(producer.opened_at))]
    if producer.self_grown and producer.kind == ProducerKind.HOUSEHOLD:
        words.append(say("自家种养的，按电子商务法第十条不用办营业执照。"))
    if not producer.taking_orders:
        closed = describe_closure(producer.closed_for, producer.reopens_on)
        words.append(say("现在不接单：{0}。", closed) if closed else say("现在不接单。"))
    return words + ([producer.story] if producer.story else [])


def describe_score(figures: ProducerFigures | None) -> tuple[str, list[str]]:
    """Return the score, and how it comes from its figures, so that anybody can compute it again."""
    if figures is None:
        return "", [say("新开的店，还没有算过分。")]
    period = say("从 {0}起，到 {1}前，每天夜里算一次。", day_zh(figures.since), day_zh(figures.counted_on))
    facts = [
        say("该发的包裹 {0} 个，说好的日子前发了 {1} 个。", figures.parcels, figures.in_time)
        if figures.parcels
        else "",
        say("该接的住宿 {0} 单，店家取消了 {1} 单。", figures.stays, figures.stays - figures.kept_stays)
        if figures.stays
        else "",
        say("评价 {0} 条，一共 {1} 分；卖家回了 {2} 条。", figures.reviews, figures.stars, figures.answered)
        if figures.reviews
        else "",
    ]
    score = compute_score(figures)
    if score is None:
        return "", [*filter(None, facts), say("评价满 {0} 条才有分。", MIN_REVIEWS), period]
    above = say("（{0} − {1}）÷（4 × {2}）", figures.stars, figures.reviews, figures.reviews)
    if score.sending is None:
        rule = say(
            "包裹和住宿不到 {0} 单，只看评价：{1} × {2} = {3}。",
            MIN_PARCELS,
            SENDING_POINTS + STAR_POINTS,
            above,
            score.praise,
        )
        return say("{0} 分", score.total), [*filter(None, facts), rule, say("四舍五入到整数。"), period]
    rules = [
        say(
            "说到做到（按时发货、没有取消住宿）{0} × {1} ÷ {2} = {3}。",
            SENDING_POINTS,
            figures.kept,
            figures.promises,
            score.sending,
        ),
        say("评价 {0} × {1} = {2}。", STAR_POINTS, above, score.praise),
        say("加起来 {0} 分，满分 {1}，每一样四舍五入到整数。", score.total, SENDING_POINTS + STAR_POINTS),
    ]
    return say("{0} 分", score.total), [*filter(None, facts), *rules, period]


def _list_trail(producer: PublicProducer) -> list[tuple[str, str]]:
    names = ((producer.county, _COUNTY), (producer.township, _TOWNSHIP), (producer.village, _VILLAGE))
    return make_trail(
        [SellingDivision(get_ancestor_code(producer.village_code, level), name, level) for name, level in names]
    )


@get("/sellers/{number:int}", include_in_schema=False, english=True, shared=Audience.GUESTS)
async def show_seller(
    request: HttpRequest,
    reads: NamedDependency[PublicReads],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
    number: ShortNumber,
) -> Response[bytes]:
    """Show a seller to everyone.

    Raises:
        NotFound: no admitted producer has that number.
    """
    async with reads.connection() as conn:
        producer = await get_public_producer(conn, number, now=clock.now())
        cards = await list_producer_listings(conn, producer.id, today=clock.today(), limit=_MAX_LISTINGS)
        reviews = await list_producer_reviews(conn, producer.id, limit=_MAX_REVIEWS)
        figures = await get_figures(conn, producer.id)
        favourite = await load_seller_button(conn, visitor, producer.id, number=number, link=f"/sellers/{number}")
    score, rules = describe_score(figures)
    context = {
        "name": producer.name,
        "favourite": favourite,
        "trail": _list_trail(producer),
        "about": _describe_seller(producer),
        "certificates": [say(CERTIFICATE_NAMES[kind]) for kind in producer.certificates],
        "county": producer.county,
        "cards": make_card_views(cards),
        "score": score,
        "rules": rules,
        "reviews": reviews.items,
        "more": f"/sellers/{number}/reviews" if reviews.next else None,
        "canonical": f"{get_origin(request)}/sellers/{number}",
    }
    return render_page(request, "shop/seller.html", context, cache=SHORT_PUBLIC_CACHE)


@get("/sellers/{number:int}/reviews", include_in_schema=False, english=True, shared=Audience.ALL)
async def show_seller_reviews(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], number: ShortNumber
) -> Response[bytes]:
    """Show the reviews of everything that a seller sells, latest first.

    Raises:
        NotFound: no admitted producer has that number.
    """
    before = parse_uuid(request.query_params.get("before", ""))
    async with reads.connection() as conn:
        producer = await get_public_producer(conn, number, now=clock.now())
        page = await list_producer_reviews(conn, producer.id, before=before, limit=_PAGE_SIZE)
    context = {
        "name": producer.name,
        "link": f"/sellers/{number}",
        "reviews": page.items,
        "more": f"/sellers/{number}/reviews?before={page.next}" if page.next else None,
    }
    return render_page(request, "shop/seller_reviews.html", context, cache=SHORT_PUBLIC_CACHE)


ROUTES = [show_seller, show_seller_reviews]
