"""我的证件: submit a photo of a certificate, and see whether the county has verified it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.publish import resolve_own_producer
from market.catalogue.producers.apply import add_certificate
from market.catalogue.producers.models import (
    CERTIFICATE_NAMES,
    CERTIFICATE_NOTICE_DAYS,
    BadApplication,
    Certificate,
    CertificateClaim,
    CertificateKind,
    ProducerId,
)
from market.catalogue.producers.queries import get_producer, list_own_producers
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FIELD_NAMES, FarmRow, is_seller, list_producer_options
from market.service.web.forms import PostedForm, make_form_key, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.ui.format import day_zh

_MAX_NUMBER_LENGTH = 60
CERTIFICATE_OPTIONS = [(str(kind), CERTIFICATE_NAMES[kind]) for kind in CertificateKind]
"""The kinds of certificate to choose from: (value, name)."""


class CertificateForm(Struct, frozen=True):
    """The certificate form as it was typed."""

    kind: str = ""
    number: str = ""
    until: str = ""
    producer: str = ""


def read_certificate_kind(text: str, otherwise: CertificateKind) -> CertificateKind:
    """Return the chosen kind of certificate, or `otherwise`."""
    return CertificateKind(text) if text in set(CertificateKind) else otherwise


def describe_certificate_state(certificate: Certificate, today: date) -> str:
    """Describe whether a certificate is verified, rejected, ends soon or has ended, and what to do."""
    if certificate.rejected_at is not None:
        return f"没有通过：{certificate.reject_reason.rstrip('。')}。照着改好，在下面再交一次"
    left = None if certificate.expires_on is None else (certificate.expires_on - today).days
    if left is not None and left < 0:
        return "过期了，要这张证的东西先不卖；在下面交新的，县里核对好就又卖"
    if certificate.verified_at and left is not None and left <= max(CERTIFICATE_NOTICE_DAYS):
        return f"县里核对过了，还有 {left} 天到期；请早点在下面交新的，东西就不停卖"
    return "县里核对过了" if certificate.verified_at else "等县里核对"


def _certificate_row(certificate: Certificate, shop: str, today: date) -> FarmRow:
    until = f"{day_zh(certificate.expires_on)}到期" if certificate.expires_on else ""
    facts = "，".join(each for each in (shop, certificate.number, until) if each)
    return FarmRow(
        "",
        CERTIFICATE_NAMES[certificate.kind],
        [*([facts] if facts else []), describe_certificate_state(certificate, today)],
        "",
    )


async def _list_certificates(conn: Connection, seal: Seal, actor: Actor, today: date) -> list[FarmRow]:
    shops = await list_own_producers(conn, actor)
    return [
        _certificate_row(certificate, shop.name if len(shops) > 1 else "", today)
        for shop in shops
        for certificate in (await get_producer(conn, seal, actor, shop.id)).certificates
    ]


async def _certificates_page(
    request: HttpRequest, conn: Connection, actor: Actor, values: CertificateForm, today: date,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "certificates": await _list_certificates(conn, get_services(request).seal, actor, today),
        "producers": await list_producer_options(conn, actor),
        "kinds": CERTIFICATE_OPTIONS,
        "values": values,
        "errors": errors,
        "key": key,
        "sent": request.query_params.get("said") == "sent",
    }
    return render_page(request, "farm/certificates.html", context, actor=actor, status=status)


@get("/farm/papers", include_in_schema=False)
async def show_certificates(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the submitted certificates and the form for another one."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    kind = read_certificate_kind(str(request.query_params.get("kind", "")), CertificateKind.IDENTITY)
    async with db.connection() as conn:
        return await _certificates_page(
            request, conn, actor, CertificateForm(kind=kind), clock.today(), key=make_form_key()
        )


def _read_claim(form: PostedForm, today: date) -> CertificateClaim:
    """Read the form without its photo."""
    if form.get_text("kind") not in set(CertificateKind):
        form.add_fault("kind", "哪样证没选")
    number = form.read_text("number", max_length=_MAX_NUMBER_LENGTH, too_long=f"证号最多 {_MAX_NUMBER_LENGTH} 个字")
    until = form.read_optional_day("until", fault="到期的日子写成 2027-05-01 这样；没有就空着")
    if until is not None and until < today:
        form.add_fault("until", "这张证已经过期了，请交没过期的")
    kind = read_certificate_kind(form.get_text("kind"), CertificateKind.IDENTITY)
    return CertificateClaim(kind, None, number, expires_on=until)


@post("/farm/papers", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_certificate_form(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Submit a certificate for the county to verify; a form sent twice is submitted once.

    Raises:
        NotFound: the person does not work for the producer.
    """
    form, today = await read_form(request), clock.today()
    claim = _read_claim(form, today)
    errors, status = form.faults, 422
    if not errors:
        try:
            producer_id = resolve_own_producer(actor, parse_uuid(form.get_text("producer")))
            photo_id = await form.store_photo(request, actor, "photo", PhotoPurpose.CERTIFICATE)

            async def submit(conn: Connection) -> str:
                with_photo = structs.replace(claim, photo_id=photo_id)
                await add_certificate(
                    conn, get_services(request).seal, actor, ProducerId(producer_id), with_photo, now=clock.now()
                )
                return "/farm/papers?said=sent"

            return await submit_once(request, actor, form, submit)
        except (BadApplication, BadPhoto) as refusal:
            errors, status = rename_faults(refusal, FIELD_NAMES, otherwise="photo"), refusal.status
    values = form.fill(CertificateForm)
    async with db.connection() as conn:
        return await _certificates_page(request, conn, actor, values, today, key=form.key, errors=errors, status=status)


ROUTES = [show_certificates, submit_certificate_form]
