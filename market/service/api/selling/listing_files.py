"""Files of products: import with a dry run, the template, and what a producer sells in the same columns."""

import asyncio
from urllib.parse import quote
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody
from msgspec import Struct

from market.catalogue.listings.import_listings import (
    ImportedListings,
    RowPhotos,
    import_listings,
    list_photo_names,
    read_listing_file,
)
from market.catalogue.listings.listing_sheet import list_listing_rows, make_template_rows, write_listing_file
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.people.storage.photo_archive import decode_archived_photos
from market.people.storage.photos import PhotoPurpose, require_photo_quota
from market.people.storage.uploads import store_decoded_photos
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest


class ListingFileUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """A CSV or XLSX file of products, and a ZIP file of the photos that its rows name.

    With `dry_run` every row and photo is tried, and nothing is published.
    """

    file: UploadFile
    photos: UploadFile | None = None
    dry_run: bool = False


def _make_download(name: str, content: bytes, format: FileFormat) -> Response[bytes]:  # noqa: A002 - as in its URL
    """Return a file to download."""
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}.{format}"}
    return Response(content, media_type=MEDIA_TYPES[format], headers=headers)


class ListingFileController(Controller):
    """Files of a producer's products, for its members."""

    path = "/api/v1/producers/{producer_id:uuid}/listing-files"
    tags = ["catalogue"]

    @post(operation_id="ImportListings", idempotent=True, rate=RateClass.UPLOAD)
    async def import_file(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: MultipartBody[ListingFileUpload],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        files: NamedDependency[FileStore],
        clock: NamedDependency[Clock],
    ) -> Response[ImportedListings]:
        """Publish every row of a file as a product, or none; the same content again changes nothing."""
        require_producer(actor, producer_id)
        async with files.listing_files.take(actor.account_id):
            content = await data.file.read()
            archive = None if data.photos is None else await data.photos.read()
            file = await asyncio.to_thread(read_listing_file, data.file.filename, content, archive)
            found = await decode_archived_photos(
                files, archive, list_photo_names(file), PhotoPurpose.LISTING, account=actor.account_id
            )
            now, photos = clock.now(), RowPhotos({}, found.faults)
            async with db.transaction() as conn:
                tried = await import_listings(conn, actor, producer_id, file, photos=photos, dry_run=True, now=now)
                if found.decoded and not tried.repeated:
                    await require_photo_quota(conn, actor.account_id, photos=len(found.decoded), now=now)
            if not data.dry_run and not tried.repeated:
                # Only what can be imported counts among the photos of the day.
                photos = RowPhotos(await store_decoded_photos(db, files, actor.account_id, found.decoded, now=now))

            async def work(conn: Connection) -> ImportedListings:
                return await import_listings(
                    conn, actor, producer_id, file, photos=photos, dry_run=data.dry_run, now=now
                )

            shown = " ".join(each.row.sha256.hex() for each in found.decoded.values())
            body = f"{producer_id} {file.name} {file.sha256} {data.dry_run} {shown}".encode()
            return await run_once(request, db, actor, work, body=body)

    @get("/template", operation_id="GetListingTemplate")
    async def get_template(
        self,
        producer_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        format: FromQuery[FileFormat] = FileFormat.XLSX,  # noqa: A002 - the name in the URL
    ) -> Response[bytes]:
        """Return the columns with an example row, and what belongs in each."""
        require_producer(actor, producer_id)
        return _make_download("货品模板", write_listing_file(make_template_rows(), format), format)

    @get("/sold", operation_id="ExportListings", rate=RateClass.SEARCH)
    async def export(
        self,
        producer_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        format: FromQuery[FileFormat] = FileFormat.XLSX,  # noqa: A002 - the name in the URL
    ) -> Response[bytes]:
        """Return the products on sale of a producer in the columns of the import, at most 500."""
        async with db.connection() as conn:
            rows = await list_listing_rows(conn, actor, producer_id)
        return _make_download("在卖的货品", write_listing_file(rows, format), format)


ROUTES = [ListingFileController]
