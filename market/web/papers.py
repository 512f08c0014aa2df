"""我的证件: handing in a certificate by a photo, and how far the county has come with it."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue import own_producer
from market.identity import Actor
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.producers import (
    CERTIFICATE_NAMES,
    BadApplication,
    Certificate,
    CertificateClaim,
    CertificateKind,
    ProducerId,
    get_producer,
    list_own,
    show_certificate,
)
from market.storage import BadPhoto, Files, Purpose, add_photo
from market.web.cards import read_day
from market.web.farm import Row, sells
from market.web.forms import faults_of, houses_of, read_uuid
from market.web.look.format import day_zh
from market.web.once import once_form
from market.web.photos import taken_photo
from market.web.plumbing import fields, page, see_other

_LONGEST_NUMBER = 60
PAPER_KINDS = [(str(kind), CERTIFICATE_NAMES[kind]) for kind in CertificateKind]
"""What a photo may show: (value, words)."""

Asked = Request[Any, Any, Any]


class Values(Struct, frozen=True):
    """What the form of a certificate holds."""

    kind: str = ""
    number: str = ""
    until: str = ""
    producer: str = ""


def read_kind(text: str, otherwise: CertificateKind) -> CertificateKind:
    """Read what kind of certificate is meant."""
    return CertificateKind(text) if text in set(CertificateKind) else otherwise


def standing_of(paper: Certificate, today: date) -> str:
    """Say how far a certificate has come."""
    if paper.expires_on is not None and paper.expires_on < today:
        return "过期了，请交新的"
    return "县里核对过了" if paper.verified_at else "等县里核对"


def _paper_row(paper: Certificate, shop: str, today: date) -> Row:
    until = f"{day_zh(paper.expires_on)}到期" if paper.expires_on else ""
    facts = "，".join(each for each in (shop, paper.number, until) if each)
    return Row("", CERTIFICATE_NAMES[paper.kind], [*([facts] if facts else []), standing_of(paper, today)], "")


async def _own_papers(conn: Connection, actor: Actor, today: date) -> list[Row]:
    shops = await list_own(conn, actor)
    return [
        _paper_row(paper, shop.name if len(shops) > 1 else "", today)
        for shop in shops
        for paper in (await get_producer(conn, actor, shop.id)).certificates
    ]


async def _papers_page(
    request: Asked, conn: Connection, actor: Actor, values: Values, today: date,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "papers": await _own_papers(conn, actor, today),
        "houses": await houses_of(conn, actor),
        "kinds": PAPER_KINDS,
        "values": values,
        "errors": errors,
        "key": key,
        "sent": request.query_params.get("said") == "sent",
    }
    return page(request, "farm/papers.html", context, actor=actor, status=status)


@get("/farm/papers", include_in_schema=False)
async def own_papers(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the certificates that were handed in, and ask for another."""
    if not sells(actor):
        return see_other("/farm/apply")
    kind = read_kind(str(request.query_params.get("kind", "")), CertificateKind.IDENTITY)
    async with db.connection() as conn:
        return await _papers_page(request, conn, actor, Values(kind=kind), clock.today(), key=secrets.token_urlsafe(18))


def _check(values: Values, today: date) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if values.kind not in set(CertificateKind):
        faults.append(FieldFault("kind", "哪样证没选"))
    if len(values.number) > _LONGEST_NUMBER:
        faults.append(FieldFault("number", f"证号最多 {_LONGEST_NUMBER} 个字"))
    until = read_day(values.until)
    if values.until and until is None:
        faults.append(FieldFault("until", "到期的日子写成 2027-05-01 这样；没有就空着"))
    if until is not None and until < today:
        faults.append(FieldFault("until", "这张证已经过期了，请交没过期的"))
    return faults


@post("/farm/papers", include_in_schema=False)
async def hand_in(
    request: Asked,
    *,
    db: NamedDependency[Database],
    files: NamedDependency[Files],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Hand in a certificate, which the county verifies; the same form sent twice hands it in once.

    Raises:
        NotFound: the person does not work for the producer.
    """
    found = await fields(request)
    values = Values(*(str(found.get(name, "")) for name in Values.__struct_fields__))
    key, today = str(found.get("key", "")) or secrets.token_urlsafe(18), clock.today()
    errors, status = _check(values, today), 422
    if not errors:
        try:
            producer_id = own_producer(actor, read_uuid(values.producer))
            prepared = await taken_photo(files, found, "photo", Purpose.CERTIFICATE)

            async def work(conn: Connection) -> str:
                photo_id = await add_photo(conn, actor.account_id, prepared, now=clock.now()) if prepared else None
                claim = CertificateClaim(
                    CertificateKind(values.kind), photo_id, values.number, expires_on=read_day(values.until)
                )
                await show_certificate(conn, actor, ProducerId(producer_id), claim, now=clock.now())
                return "/farm/papers?said=sent"

            return await once_form(request, actor, key, work)
        except (BadApplication, BadPhoto) as refusal:
            errors, status = faults_of(refusal, "photo"), refusal.status
    async with db.connection() as conn:
        return await _papers_page(request, conn, actor, values, today, key=key, errors=errors, status=status)


ROUTES = [own_papers, hand_in]
