"""Import a county's files about villages over HTTP, and the periods of its villages."""

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.sheets.spreadsheet import digest
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.places.county_files.models import CountyFile, FileResult
from market.places.county_files.run_file_import import import_county_file, require_importer
from market.places.divisions.village_periods import VillagePeriod, list_changed_villages
from market.service.api.contacts import read_own_county
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county
from market.villages.areas import COUNTY_FILE_KINDS


class VillageFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file to import; with `dry_run` it is read and compared, and nothing is stored."""

    file: UploadFile
    dry_run: bool = False


class VillageController(Controller):
    """The villages of a county, and the files about them."""

    path = "/api/v1/counties/{county:str}"
    tags = ("places",)

    @get("/village-periods", operation_id="ListChangedVillages")
    async def list_periods(self, db: NamedDependency[Database], county: FromPath[str]) -> list[VillagePeriod]:
        """List the villages of a county that ended, were merged or are new, the latest first, at most 200."""
        async with db.connection() as conn:
            return await list_changed_villages(conn, read_county(county))

    @post("/village-files/{kind:str}", operation_id="ImportVillageFile", idempotent=True, rate=RateClass.UPLOAD)
    async def import_file(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        kind: FromPath[str],
        data: MultipartBody[VillageFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        files: NamedDependency[FileStore],
    ) -> Response[FileResult]:
        """Import a file about villages (`kind`: villages, organisations, …), or try it; once per content."""
        code = read_own_county(actor, county)
        chosen = COUNTY_FILE_KINDS.get(kind)
        if chosen is None or chosen.national:
            raise NotFound
        require_importer(actor, chosen, code)
        async with files.workbooks.take(actor.account_id):
            file = CountyFile(
                county=code, name=data.file.filename, content=await data.file.read(), dry_run=data.dry_run,
                now=clock.now(),
            )  # fmt: skip
            body = f"{file.name}\n{file.dry_run}\n{digest(file.content)}".encode()
            return await run_once(
                request, db, actor, lambda conn: import_county_file(conn, actor, chosen, file), scope=code, body=body
            )


ROUTES = [VillageController]
