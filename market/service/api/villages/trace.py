"""Plots, harvested lots and signed labels; the public keys with which labels verify without the market."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, MultipartBody
from msgspec import Meta, Struct

from market.catalogue.trace.harvest_file import ImportedHarvests, import_harvests
from market.catalogue.trace.harvests import list_lots, mix_lots, record_harvest
from market.catalogue.trace.labels import list_signed_labels, load_label_keys, make_labels, revoke_labels
from market.catalogue.trace.models import (
    MAX_PARTS,
    MAX_REASON_LENGTH,
    HarvestLot,
    LabelRun,
    LotPart,
    NewHarvest,
    NewLabels,
    NewPlot,
    Plot,
    SignedLabel,
    YieldLimit,
)
from market.catalogue.trace.packed import PackedLot, pack_labels, read_label_codes
from market.catalogue.trace.plots import add_plot, list_plots, list_yield_limits
from market.catalogue.trace.unpacked import unpack_labels
from market.catalogue.trace.verify_label import LabelKeys
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import digest
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county

KEYS_CACHE = "public, max-age=3600"


class HarvestFileUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of harvests; with `dry_run` it is read and tried, and nothing is stored."""

    file: UploadFile
    dry_run: bool = False


class Mixture(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes into a mixed lot."""

    parts: Annotated[list[LotPart], Meta(max_length=MAX_PARTS)]


class LabelsPacked(Struct, frozen=True, forbid_unknown_fields=True):
    """Labels by what is printed on them: `12-3、12-5到8`, at most 60."""

    labels: Annotated[str, Meta(max_length=400)]


class LabelRevocation(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a label of a lot is revoked, or all of them."""

    reason: Annotated[str, Meta(max_length=2 * MAX_REASON_LENGTH)]
    serial: int | None = None


class RevokedLabels(Struct, frozen=True):
    """The serials that were revoked."""

    serials: list[int]


class TraceController(Controller):
    """Plots, lots and labels."""

    path = "/api/v1"
    tags = ("trace",)

    @get("/label-keys", operation_id="GetLabelKeys")
    async def get_keys(self, db: NamedDependency[Database], clock: NamedDependency[Clock]) -> Response[LabelKeys]:
        """Return the public keys and the revoked labels, which `verify_label` of `market.catalogue.trace` takes."""
        async with db.connection() as conn:
            keys = await load_label_keys(conn, now=clock.now())
        return Response(keys, headers={"Cache-Control": KEYS_CACHE})

    @get("/counties/{county:str}/yield-limits", operation_id="ListYieldLimits")
    async def list_limits(
        self, county: FromPath[str], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> list[YieldLimit]:
        """List how much of a crop a 亩 of a county gives at most in a year, with the source."""
        async with db.connection() as conn:
            return await list_yield_limits(conn, read_county(county), day=clock.today())

    @get("/producers/{producer_id:uuid}/plots", operation_id="ListPlots")
    async def list_own_plots(
        self, producer_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[Plot]:
        """List the plots of a producer, for its members."""
        require_producer(actor, producer_id)
        async with db.connection() as conn:
            return await list_plots(conn, [producer_id])

    @post("/producers/{producer_id:uuid}/plots", operation_id="AddPlot", idempotent=True)
    async def add(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: JSONBody[NewPlot],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Plot]:
        """Add a plot; its area does not change later."""
        return await run_once(
            request, db, actor, lambda conn: add_plot(conn, actor, producer_id, data, now=clock.now())
        )

    @get("/producers/{producer_id:uuid}/harvest-lots", operation_id="ListHarvestLots")
    async def list_own_lots(
        self, producer_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[HarvestLot]:
        """List the lots of a producer, the latest harvest first, for its members."""
        require_producer(actor, producer_id)
        async with db.connection() as conn:
            return await list_lots(conn, [producer_id])

    @post("/harvest-lots", operation_id="RecordHarvest", idempotent=True)
    async def record(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewHarvest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[HarvestLot]:
        """Record what was harvested on a plot, at most what it gives in a year."""
        return await run_once(request, db, actor, lambda conn: record_harvest(conn, actor, data, now=clock.now()))

    @post("/producers/{producer_id:uuid}/mixtures", operation_id="MixLots", idempotent=True)
    async def mix(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: JSONBody[Mixture],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[HarvestLot]:
        """Mix parts of lots of one crop into a new lot."""
        return await run_once(
            request, db, actor, lambda conn: mix_lots(conn, actor, producer_id, data.parts, now=clock.now())
        )

    @post("/harvest-lots/{number:int}/labels", operation_id="MakeLabels", idempotent=True)
    async def make(
        self,
        *,
        request: HttpRequest,
        number: FromPath[int],
        data: JSONBody[NewLabels],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[LabelRun]:
        """Sign labels of a lot; their weight is used of it."""
        return await run_once(
            request, db, actor, lambda conn: make_labels(conn, seal, actor, number, data, now=clock.now())
        )

    @post("/order-lines/{line_id:uuid}/labels", operation_id="PackLabels", status_code=200)
    async def pack(
        self,
        *,
        line_id: FromPath[UUID],
        data: JSONBody[LabelsPacked],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[PackedLot]:
        """Say which labels are on what an order line sends; return the lots of its parcel. Labels that are stay."""
        async with db.transaction() as conn:
            return await pack_labels(conn, actor, line_id, read_label_codes(data.labels), now=clock.now())

    @post("/order-lines/{line_id:uuid}/labels/removals", operation_id="UnpackLabels", status_code=200)
    async def unpack(
        self,
        *,
        line_id: FromPath[UUID],
        data: JSONBody[LabelsPacked],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[PackedLot]:
        """Take labels off what an order line sends, until it is sent; return the lots of its parcel."""
        async with db.transaction() as conn:
            return await unpack_labels(conn, actor, line_id, read_label_codes(data.labels), now=clock.now())

    @get("/label-runs/{number:int}/labels", operation_id="ListLabels")
    async def list_labels(
        self, number: FromPath[int], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[SignedLabel]:
        """List the labels of a run: what their QR codes have after the address of the site."""
        async with db.connection() as conn:
            return await list_signed_labels(conn, actor, number)

    @post("/harvest-lots/{number:int}/revocations", operation_id="RevokeLabels", status_code=200)
    async def revoke(
        self,
        *,
        number: FromPath[int],
        data: JSONBody[LabelRevocation],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> RevokedLabels:
        """Revoke a label of a lot, or all of them, as a member of its producer or an official of its county."""
        async with db.transaction() as conn:
            serials = await revoke_labels(conn, actor, number, serial=data.serial, reason=data.reason, now=clock.now())
        return RevokedLabels(serials)

    @post(
        "/producers/{producer_id:uuid}/harvest-files",
        operation_id="ImportHarvests",
        idempotent=True,
        rate=RateClass.UPLOAD,
    )
    async def import_file(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: MultipartBody[HarvestFileUpload],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        files: NamedDependency[FileStore],
        clock: NamedDependency[Clock],
    ) -> Response[ImportedHarvests]:
        """Record every row of a file as a harvest, or none; the same content again changes nothing."""
        require_producer(actor, producer_id)
        async with files.listing_files.take(actor.account_id):
            content = await data.file.read()
            body = f"{producer_id} {data.file.filename} {digest(content)} {data.dry_run}".encode()
            return await run_once(
                request, db, actor,
                lambda conn: import_harvests(
                    conn, actor, producer_id, name=data.file.filename, content=content, dry_run=data.dry_run,
                    now=clock.now(),
                ),
                body=body,
            )  # fmt: skip


ROUTES: list[Any] = [TraceController]
