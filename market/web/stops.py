"""What stands in the way of selling, said before anything is filled in, with the page that removes it."""

from collections.abc import Sequence

from msgspec import Struct

from market.catalogue import CertificateNeeded, CertificateWaiting, Kind, ProducerNotOpen, why_not
from market.identity import Actor
from market.kernel import Connection, Refusal
from market.kernel.clock import Clock
from market.producers import ProducerRow, list_own


class Stop(Struct, frozen=True):
    """Why nothing can be put up for sale now: a heading, a line for each shop, and the way out."""

    title: str
    lines: list[str]
    href: str
    link: str


def _way_out(refusal: Refusal) -> tuple[str, str]:
    """Return the page that helps, and what its link says; two empty words where none does."""
    if isinstance(refusal, ProducerNotOpen):
        return "/farm/apply", "看开店办到哪一步"
    if isinstance(refusal, CertificateWaiting):
        return "/farm/papers", "看交上去的证"
    if isinstance(refusal, CertificateNeeded):
        kinds = str(refusal.facts["kinds"])
        return f"/farm/papers?kind={kinds.partition(',')[0]}", "去交证"
    return "", ""


async def stop_of(conn: Connection, actor: Actor, *, category: str, kind: Kind, clock: Clock) -> Stop | None:
    """Return what keeps a person's shops from offering something of a category; None where nothing does."""
    shops = await list_own(conn, actor)
    found = [
        (shop, refusal)
        for shop in shops
        if (refusal := await why_not(conn, actor, shop.id, category=category, kind=kind, now=clock.now())) is not None
    ]
    return _stop(shops, found) if found else None


def stop_for(refusal: Refusal) -> Stop:
    """Return what to say where an offer was refused for what its shop lacks."""
    return Stop("没有上架", [refusal.text("zh")], *_way_out(refusal))


def _stop(shops: Sequence[ProducerRow], found: Sequence[tuple[ProducerRow, Refusal]]) -> Stop:
    every = len(found) == len(shops)
    href, link = _way_out(found[0][1])
    lines = [refusal.text("zh") if len(shops) == 1 else f"{shop.name}：{refusal.text('zh')}" for shop, refusal in found]
    return Stop("现在还不能上架" if every else "这几家现在还不能上架", lines, href, link)
