"""Import a producer's products from a spreadsheet: all rows or none, and a dry run that is the import, undone."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from market.catalogue.listings.certificates import lock_seller
from market.catalogue.listings.listing_sheet import CELLS_BY_FIELD, COLUMNS, ListingRowReader
from market.catalogue.listings.models import BadListing, CertificateNeeded
from market.catalogue.listings.publish import NewProduct, publish_product
from market.kernel import Connection, Query
from market.kernel.sheets.models import FileUnreadable
from market.kernel.sheets.spreadsheet import (
    SMALL_SHEET,
    CellFaults,
    Spreadsheet,
    digest,
    malformed_file,
    read_spreadsheet,
)
from market.kernel.text import clean_name, clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.people.moderation.forbidden_words import ForbiddenWord

MAX_IMPORTED_ROWS = 200
_MAX_NAME_LENGTH = 200


class ListingFile(Struct, frozen=True, kw_only=True):
    """A file of products that is to be imported; `sheet` are its rows.

    `sha256` is that of the spreadsheet or, with an archive of photos, of both.
    """

    name: str
    sha256: str
    sheet: Spreadsheet


class ImportedListings(Struct, frozen=True, kw_only=True):
    """The result of an import. `numbers` are those of the listings, none after a dry run.

    `repeated` is true if the same content was imported before, which changed nothing.
    """

    name: str
    sha256: str
    rows: int
    dry_run: bool
    repeated: bool
    numbers: list[int]


class RowPhotos(Struct, frozen=True):
    """The photos of the rows by their written names: uploaded by the actor, or what is wrong with them."""

    ids: Mapping[str, UUID] = {}
    faults: Mapping[str, str] = {}


NO_PHOTOS = RowPhotos()


class _CategoryName(Struct, frozen=True):
    code: str
    name: str


class _ImportedFile(Struct, frozen=True):
    numbers: list[int]


FIND_IMPORTED = Query(
    _ImportedFile,
    "SELECT numbers FROM listing_files WHERE producer_id = :producer_id AND sha256 = decode(:sha256, 'hex')",
)
LIST_PRODUCT_CATEGORIES = Query(
    _CategoryName, "SELECT code, name FROM categories WHERE kind = 'product' ORDER BY position"
)
LIST_LIVE_TITLES = Query(str, "SELECT title FROM listings WHERE producer_id = :producer_id AND state = 'live'")
ADD_LISTING_FILE = Query(
    None,
    """
    INSERT INTO listing_files (producer_id, sha256, name, numbers, imported_by, imported_at)
    VALUES (:producer_id, decode(:sha256, 'hex'), :name, :numbers::bigint[], :by, :now)
    """,
)


def read_listing_file(name: str, content: bytes, archive: bytes | None = None) -> ListingFile:
    """Read a file of products, which came with an archive of photos; it takes no transaction.

    Raises:
        FileUnreadable: it is not a spreadsheet, exceeds a limit, or has no rows or more than 200.
        FileMalformed: a column is missing or appears twice.
    """
    name = clean_text(name)[:_MAX_NAME_LENGTH] or "listings"
    sheet = read_spreadsheet(name, content, COLUMNS, SMALL_SHEET)
    if not 0 < len(sheet.rows) <= MAX_IMPORTED_ROWS:
        raise FileUnreadable(name=name, reason=f"要有 1 到 {MAX_IMPORTED_ROWS} 行")
    both = digest(content) if archive is None else digest(f"{digest(content)} {digest(archive)}".encode())
    return ListingFile(name=name, sha256=both, sheet=sheet)


def list_photo_names(file: ListingFile) -> list[str]:
    """Return the names of photos that the rows of a file write."""
    readers = (ListingRowReader(file.sheet, row, CellFaults()) for row in file.sheet.rows)
    return list(dict.fromkeys(reader.photo_name for reader in readers if reader.photo_name))


async def import_listings(
    conn: Connection, actor: Actor, producer_id: UUID, file: ListingFile, *, dry_run: bool, now: datetime,
    photos: RowPhotos = NO_PHOTOS,
) -> ImportedListings:  # fmt: skip
    """Publish every row as a product of the actor's producer, in the caller's transaction, or none of them.

    A dry run publishes them too and undoes it, so that it finds what the import would. The same content again changes
    nothing. The photo of a row becomes that of its product; a name that `photos` does not have, as in a dry run of
    photos without a fault, leaves the product without one.

    Raises:
        NotFound: the actor does not work for the producer.
        FileMalformed: rows are wrong; `errors` lists the first 1,000 cells. Nothing is imported.
        ProducerNotOpen: the producer may not sell now.
        TooManyListings: the producer would have too many live listings.
    """
    require_producer(actor, producer_id)
    await lock_seller(conn, producer_id)
    imported = await FIND_IMPORTED.maybe(conn, producer_id=producer_id, sha256=file.sha256)
    result = ImportedListings(
        name=file.name, sha256=file.sha256, rows=len(file.sheet.rows), dry_run=dry_run,
        repeated=imported is not None, numbers=imported.numbers if imported else [],
    )  # fmt: skip
    if imported is not None:
        return result
    trial = conn.transaction()
    await trial.start()
    try:
        numbers = await _publish_rows(conn, actor, producer_id, file, photos, now=now)
    except BaseException:
        await trial.rollback()
        raise
    if dry_run:
        await trial.rollback()
        return result
    await trial.commit()
    await ADD_LISTING_FILE.run(
        conn, producer_id=producer_id, sha256=file.sha256, name=file.name, numbers=numbers, by=actor.account_id, now=now
    )
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="listing.import", object=f"producer:{producer_id}",
        detail={"name": file.name, "sha256": file.sha256, "rows": len(numbers)}, now=now,
    )  # fmt: skip
    return ImportedListings(
        name=file.name, sha256=file.sha256, rows=len(numbers), dry_run=False, repeated=False, numbers=numbers
    )


async def _publish_rows(
    conn: Connection, actor: Actor, producer_id: UUID, file: ListingFile, photos: RowPhotos, *, now: datetime
) -> list[int]:
    """Publish the rows, each in a savepoint, and return the numbers of the listings.

    Raises:
        FileMalformed: rows are wrong.
    """
    categories = {each.name: each.code for each in await LIST_PRODUCT_CATEGORIES.all(conn)}
    titles = set(await LIST_LIVE_TITLES.all(conn, producer_id=producer_id))
    faults = CellFaults()
    numbers: list[int] = []
    for row in file.sheet.rows:
        reader = ListingRowReader(file.sheet, row, faults)
        product = reader.read(producer_id, categories)
        if clean_name(product.title) in titles:
            reader.fault("title", "已经有同名的在卖，换个名字，或者把这一行删掉")
        titles.add(clean_name(product.title))
        if reader.photo_name in photos.faults:
            reader.fault("photo", photos.faults[reader.photo_name])
        product = structs.replace(product, photo_id=photos.ids.get(reader.photo_name))
        if reader.valid:
            numbers += await _publish_row(conn, actor, product, reader, now=now)
    if faults:
        raise malformed_file(file.name, faults)
    return numbers


async def _publish_row(
    conn: Connection, actor: Actor, product: NewProduct, reader: ListingRowReader, *, now: datetime
) -> list[int]:
    """Publish the product of a row; a refusal of it is a fault of its cells."""
    try:
        async with conn.transaction():
            return [(await publish_product(conn, actor, product, now=now)).number]
    except (BadListing, ForbiddenWord) as refusal:
        for fault in refusal.errors:
            reader.fault(CELLS_BY_FIELD.get(fault.field, fault.field), fault.message)
    except CertificateNeeded as refusal:
        reader.fault("category", refusal.text("zh"))
    return []
