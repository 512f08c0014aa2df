"""Who gains from sales: the person's own, a shop's rules by file, and the sums of villages."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import digest
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.reports.village_benefits import VillageBenefit, list_village_benefits
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county
from market.villages.benefits.models import HouseholdLink, OwnBenefit, ShopHousehold, ShopRule
from market.villages.benefits.rules_file import ImportedRules, import_benefit_rules
from market.villages.benefits.views import link_household, list_own_benefits, list_shop_rules


class BenefitFileUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of rules; with `dry_run` it is read and checked, and nothing is stored."""

    file: UploadFile
    dry_run: bool = False


class BenefitController(Controller):
    """Benefits of households."""

    path = "/api/v1"
    tags = ("benefits",)

    @get("/benefits", operation_id="ListOwnBenefits")
    async def list_own(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[OwnBenefit]:
        """List what the person's households gained, by month, producer and way."""
        async with db.transaction() as conn:
            return await list_own_benefits(conn, actor.account_id)

    @get("/producers/{producer_id:uuid}/benefit-rules", operation_id="ListBenefitRules")
    async def list_rules(
        self, producer_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[ShopRule]:
        """List how what a producer sells is shared, for its members."""
        async with db.transaction() as conn:
            return await list_shop_rules(conn, actor, producer_id)

    @post(
        "/producers/{producer_id:uuid}/benefit-files",
        operation_id="ImportBenefitRules",
        idempotent=True,
        rate=RateClass.UPLOAD,
    )
    async def import_file(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: MultipartBody[BenefitFileUpload],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        files: NamedDependency[FileStore],
        clock: NamedDependency[Clock],
    ) -> Response[ImportedRules]:
        """Replace the rules of the listings in a file from today on; the same content again changes nothing."""
        require_producer(actor, producer_id)
        async with files.listing_files.take(actor.account_id):
            content = await data.file.read()
            body = f"{producer_id} {data.file.filename} {digest(content)} {data.dry_run}".encode()
            return await run_once(
                request, db, actor,
                lambda conn: import_benefit_rules(
                    conn, actor, producer_id, name=data.file.filename, content=content, dry_run=data.dry_run,
                    now=clock.now(),
                ),
                body=body,
            )  # fmt: skip

    @post("/producers/{producer_id:uuid}/benefit-households", operation_id="LinkHousehold", status_code=200)
    async def link(
        self,
        *,
        producer_id: FromPath[UUID],
        data: JSONBody[HouseholdLink],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> ShopHousehold:
        """Let the account of a telephone see what a household of the producer gains."""
        async with db.transaction() as conn:
            return await link_household(conn, seal, actor, producer_id, data)

    @get("/counties/{county:str}/benefits", operation_id="ListVillageBenefits")
    async def list_villages(
        self,
        county: FromPath[str],
        quarter: FromQuery[date],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[VillageBenefit]:
        """List what households of a county's villages gained in an ended quarter; what tells of few is null."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            return await list_village_benefits(conn, actor, code, quarter=quarter, today=clock.today())


ROUTES: list[Any] = [BenefitController]
