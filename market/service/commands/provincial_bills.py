"""Import one bill of several counties at the command line, county by county."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from market.kernel import Refusal
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.access import get_operator_seat
from market.people.identity.models import NotSignedIn
from market.service.commands.exports import WrittenFile, write_atomically
from market.service.commands.runtime import Runtime, open_runtime, read_input
from market.subsidies.imports.billing import import_billing
from market.subsidies.imports.kinds import BILLING
from market.subsidies.imports.models import ManifestMissing
from market.subsidies.imports.upload import ImportContext, ImportResult, Upload, prepare_upload
from market.subsidies.names import Operator
from market.subsidies.operators.provincial_bill import BillPart, list_seat_counties, locate_rejected, split_bill
from market.subsidies.operators.rejected import RejectedRow, load_rejected, write_rejected


class PartResult(Struct, frozen=True, kw_only=True):
    """What came of one county's rows: the result of their import, or why they were refused."""

    county: str
    rows: int
    result: ImportResult | None = None
    code: str = ""
    problem: str = ""


class SplitFile(Struct, frozen=True, kw_only=True):
    """A bill of several counties: what came of each, and how many rows were returned, in the file `returned`."""

    rows: int
    parts: list[PartResult]
    rejected: int
    returned: WrittenFile | None = None


async def import_provincial_bill(
    file: Path, *, as_: str | None, returned: Path | None, flags: Mapping[str, bool]
) -> SplitFile:
    """Import a bill of several counties as its operator's account, each county in a transaction of its own.

    Raises:
        NotSignedIn, NotAllowed, SecondFactorRequired: the actor is no account of an operator.
        ManifestMissing: NAME.manifest.json is not beside the file.
        Refusal: see `split_bill`.
    """
    beside = file.with_suffix(".manifest.json")
    if not beside.exists():
        raise ManifestMissing(name=file.name)
    content, manifest = read_input(file), read_input(beside)
    async with open_runtime(as_) as ctx:
        if ctx.actor is None:
            raise NotSignedIn
        seat = get_operator_seat(ctx.actor)
        async with ctx.db.connection() as conn:
            counties = await list_seat_counties(conn, seat.scopes)
        bill = split_bill(
            file.name, content, (beside.name, manifest),
            operator=Operator(seat.operator), counties=counties, take_part=flags["take_part"], today=ctx.clock.today(),
        )  # fmt: skip
        parts: list[PartResult] = []
        rejected = list(bill.rejected)
        for part in bill.parts:
            result, rows = await _import_part(ctx, part, flags)
            parts.append(result)
            rejected += rows
    written = None
    if returned is not None and rejected:
        file_format = FileFormat.CSV if returned.suffix.lower() == ".csv" else FileFormat.XLSX
        rejected.sort(key=lambda row: row.row)
        written = write_atomically(returned, write_rejected(file.name, rejected, file_format).content)
    return SplitFile(rows=bill.rows, parts=parts, rejected=len(rejected), returned=written)


async def _import_part(ctx: Runtime, part: BillPart, flags: Mapping[str, bool]) -> tuple[PartResult, list[RejectedRow]]:
    """Return what came of a county's rows, and those of them that were not taken, at their rows of the whole file."""
    upload = Upload(
        part.county, BILLING.name, part.name, part.content,
        dry_run=flags["dry_run"], take_fewer=flags["take_fewer"], take_part=flags["take_part"],
    )  # fmt: skip
    context = ImportContext(seal=ctx.seal, now=ctx.clock.now(), attachments={part.manifest_name: part.manifest})
    prepared = await prepare_upload(ctx.actor, upload, context)
    rejected: list[RejectedRow] = []
    try:
        async with ctx.db.transaction(scope=part.county) as conn:
            result = await import_billing(conn, ctx.actor, prepared)
            if result.file_id is not None:
                rejected = await load_rejected(conn, ctx.seal, part.county, result.file_id)
    except Refusal as refusal:
        refused = PartResult(county=part.county, rows=part.rows, code=refusal.code, problem=refusal.text("zh"))
        return refused, []
    return PartResult(county=part.county, rows=part.rows, result=result), locate_rejected(part.runs, rejected)
