"""Obstacles to selling, shown before a form is filled in, with a link to the remedy."""

from collections.abc import Sequence

from msgspec import Struct

from market.catalogue.listings.certificates import find_publish_refusal
from market.catalogue.listings.models import CertificateNeeded, CertificateUnverified, ListingKind, ProducerNotOpen
from market.catalogue.producers.models import ProducerRow
from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Refusal
from market.kernel.clock import Clock
from market.people.identity.models import Actor


class SellingObstacle(Struct, frozen=True):
    """An obstacle to listing: a heading, a line for each shop, and a link to the remedy."""

    title: str
    lines: list[str]
    href: str
    link: str


def _get_remedy(refusal: Refusal) -> tuple[str, str]:
    """Return the path and the text of the remedy's link; both empty if there is none."""
    if isinstance(refusal, ProducerNotOpen):
        return "/farm/apply", "看开店办到哪一步"
    if isinstance(refusal, CertificateUnverified):
        return "/farm/papers", "看交上去的证"
    if isinstance(refusal, CertificateNeeded):
        kinds = str(refusal.facts["kinds"])
        return f"/farm/papers?kind={kinds.partition(',')[0]}", "去交证"
    return "", ""


async def find_obstacle(
    conn: Connection, actor: Actor, *, category: str, kind: ListingKind, clock: Clock
) -> SellingObstacle | None:
    """Return the obstacle to listing in a category for a person's shops, or None."""
    shops = await list_own_producers(conn, actor)
    refusals = [
        (shop, refusal)
        for shop in shops
        if (refusal := await find_publish_refusal(conn, actor, shop.id, category=category, kind=kind, now=clock.now()))
        is not None
    ]
    return _describe_obstacles(shops, refusals) if refusals else None


def describe_refusal(refusal: Refusal, title: str = "没有上架") -> SellingObstacle:
    """Return the obstacle that a refused listing, or a refused correction, reports."""
    return SellingObstacle(title, [refusal.text("zh")], *_get_remedy(refusal))


def _describe_obstacles(
    shops: Sequence[ProducerRow], refusals: Sequence[tuple[ProducerRow, Refusal]]
) -> SellingObstacle:
    all_blocked = len(refusals) == len(shops)
    href, link = _get_remedy(refusals[0][1])
    lines = [
        refusal.text("zh") if len(shops) == 1 else f"{shop.name}：{refusal.text('zh')}" for shop, refusal in refusals
    ]
    return SellingObstacle("现在还不能上架" if all_blocked else "这几家现在还不能上架", lines, href, link)
