"""Who gains from which listing, by file of a producer: the rows of a listing replace its rules from today on."""

from collections import defaultdict
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, to_builtins

from market.kernel import BASIS_POINTS, Connection, Fen, Query
from market.kernel.clock import get_business_day
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.models import FileUnreadable
from market.kernel.sheets.spreadsheet import (
    SMALL_SHEET,
    CellFaults,
    Column,
    Spreadsheet,
    digest,
    malformed_file,
    read_spreadsheet,
)
from market.kernel.sheets.write_spreadsheet import FileFormat, write_csv, write_xlsx
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.villages.benefits.models import HOW_NAMES, MAX_CODE_LENGTH, MAX_WAGE_FEN, BenefitHow
from market.villages.benefits.wall import enter_benefits
from payments.money import format_percent, parse_percent, parse_yuan

MAX_RULE_ROWS = 500
_MAX_NAME_LENGTH = 200
_HOWS = {name: how for how, name in HOW_NAMES.items()}

COLUMNS = (
    Column("listing", "商品", example="3", meaning="货号，在卖的货品里看得到"),
    Column("household", "户编号", example="N05", meaning="自己编的，同一户一直用一个；没有的会新记一户"),
    Column("how", "方式", example="卖货", meaning="、".join(HOW_NAMES.values())),
    Column("share", "比例", example="50%", meaning="一样货品加起来 100%；工钱写每份几元，例如 1.50"),
)


class RuleRow(Struct, frozen=True, kw_only=True):
    """A row of the file."""

    listing_id: UUID
    household: str
    how: BenefitHow
    share_bp: int | None
    wage_per_unit_fen: Fen | None


class ImportedRules(Struct, frozen=True, kw_only=True):
    """The result of an import: how many rules, listings and new households it has.

    `repeated` is true if the same content was imported before, which changed nothing.
    """

    name: str
    sha256: str
    rows: int
    listings: int
    households: int
    dry_run: bool
    repeated: bool


class _OwnListing(Struct, frozen=True):
    number: str
    id: UUID


LIST_OWN_LISTINGS = Query(
    _OwnListing, "SELECT number::text, id FROM listings WHERE producer_id = :producer_id ORDER BY number"
)
GET_VILLAGE = Query(str, "SELECT village_code FROM producers WHERE id = :producer_id")
# One file of a shop at a time.
LOCK_SHOP = Query(None, "SELECT pg_advisory_xact_lock(7906, hashtext(:producer_id::uuid::text))")
FIND_RULES_FILE = Query(
    int, "SELECT rows FROM benefits.files WHERE producer_id = :producer_id AND sha256 = decode(:sha256, 'hex')"
)
ADD_RULES_FILE = Query(
    None,
    """
    INSERT INTO benefits.files (producer_id, sha256, name, rows, imported_by, imported_at)
    VALUES (:producer_id, decode(:sha256, 'hex'), :name, :rows, :account_id, :now)
    """,
)
LIST_CODES = Query(str, "SELECT code FROM benefits.households WHERE producer_id = :producer_id")
ADD_HOUSEHOLDS = Query(
    None,
    """
    INSERT INTO benefits.households (producer_id, code, village_code, added_by, added_at)
    SELECT :producer_id, code, :village, :account_id, :now FROM unnest(:codes::text[]) AS code
    """,
)
DROP_RULES = Query(
    None,
    "DELETE FROM benefits.rules WHERE listing_id = ANY(:listing_ids::uuid[]) AND lower(valid_during) >= :day::date",
)
END_RULES = Query(
    None,
    """
    UPDATE benefits.rules SET valid_during = daterange(lower(valid_during), :day::date)
     WHERE listing_id = ANY(:listing_ids::uuid[]) AND valid_during @> :day::date
    """,
)
ADD_RULES = Query(
    None,
    """
    INSERT INTO benefits.rules (listing_id, household_id, how, share_bp, wage_per_unit_fen, valid_during)
    SELECT t.listing_id, h.id, t.how, t.share_bp, t.wage_per_unit_fen, daterange(:day::date, NULL)
      FROM jsonb_to_recordset(:rows::jsonb)
           AS t (listing_id uuid, household text, how text, share_bp integer, wage_per_unit_fen bigint)
      JOIN benefits.households h ON h.producer_id = :producer_id AND h.code = t.household
    """,
)


def write_rules_template(file_format: FileFormat = FileFormat.XLSX) -> bytes:
    """Return the columns with an example row."""
    example = [{column.name: column.example for column in COLUMNS}]
    return write_csv(COLUMNS, example) if file_format is FileFormat.CSV else write_xlsx("受益", COLUMNS, example)


async def import_benefit_rules(
    conn: Connection, actor: Actor, producer_id: UUID, *, name: str, content: bytes, dry_run: bool, now: datetime
) -> ImportedRules:
    """Replace the rules of the listings in a file from today on, or only read it; once for each content.

    What was recorded before stays. New codes become households of the producer's village.

    Raises:
        NotFound: the actor does not work for the producer.
        FileUnreadable: it is not a spreadsheet, exceeds a limit, or has no rows or more than 500.
        FileMalformed: rows are wrong, or the shares of a listing are not 100%; `errors` lists the cells.
    """
    require_producer(actor, producer_id)
    written = clean_text(name)[:_MAX_NAME_LENGTH] or "benefits"
    sheet = read_spreadsheet(written, content, COLUMNS, SMALL_SHEET)
    if not 0 < len(sheet.rows) <= MAX_RULE_ROWS:
        raise FileUnreadable(name=written, reason=f"要有 1 到 {MAX_RULE_ROWS} 行")
    await LOCK_SHOP.run(conn, producer_id=producer_id)
    listings = {each.number: each.id for each in await LIST_OWN_LISTINGS.all(conn, producer_id=producer_id)}
    rows = _read_rows(sheet, listings)
    village = await GET_VILLAGE.one(conn, producer_id=producer_id)
    sha256 = digest(content)
    async with enter_benefits(conn):
        repeated = await FIND_RULES_FILE.maybe(conn, producer_id=producer_id, sha256=sha256) is not None
        known = set(await LIST_CODES.all(conn, producer_id=producer_id))
        codes = sorted({each.household for each in rows} - known)
        if not repeated and not dry_run:
            await ADD_HOUSEHOLDS.run(
                conn, producer_id=producer_id, codes=codes, village=village, account_id=actor.account_id, now=now
            )
            await _replace_rules(conn, producer_id, rows, day=get_business_day(now))
            await ADD_RULES_FILE.run(
                conn, producer_id=producer_id, sha256=sha256, name=written, rows=len(rows),
                account_id=actor.account_id, now=now,
            )  # fmt: skip
    if not repeated and not dry_run:
        await add_audit_entry(
            conn, actor=str(actor.account_id), action="benefits.rules", object=f"producer:{producer_id}",
            detail={"name": written, "sha256": sha256, "rows": len(rows)}, now=now,
        )  # fmt: skip
    return ImportedRules(
        name=written, sha256=sha256, rows=len(rows), listings=len({each.listing_id for each in rows}),
        households=len(codes), dry_run=dry_run, repeated=repeated,
    )  # fmt: skip


async def _replace_rules(conn: Connection, producer_id: UUID, rows: list[RuleRow], *, day: date) -> None:
    listing_ids = list({each.listing_id for each in rows})
    await DROP_RULES.run(conn, listing_ids=listing_ids, day=day)
    await END_RULES.run(conn, listing_ids=listing_ids, day=day)
    await ADD_RULES.run(conn, producer_id=producer_id, rows=to_builtins(rows), day=day)


def _read_rows(sheet: Spreadsheet, listings: dict[str, UUID]) -> list[RuleRow]:
    """Read the rows, and check that the shares of each listing are 100%.

    Raises:
        FileMalformed: they are not, or a cell is wrong.
    """
    faults = CellFaults()
    rows: list[RuleRow] = []
    sums: dict[UUID, int] = defaultdict(int)
    last: dict[UUID, CellReader] = {}
    seen: set[tuple[UUID, str, BenefitHow]] = set()
    for each in sheet.rows:
        cells = CellReader(sheet, each, faults)
        row = _read_row(cells, listings)
        if row is None:
            continue
        key = (row.listing_id, row.household, row.how)
        if key in seen:
            cells.fault("household", "这一户在这样货品里写过这种方式了")
        seen.add(key)
        sums[row.listing_id] += row.share_bp or 0
        last[row.listing_id] = cells
        rows.append(row)
    for listing_id, share_bp in sums.items():
        if share_bp != BASIS_POINTS:
            last[listing_id].fault("share", f"这样货品加起来是 {format_percent(share_bp)}，应是 100%")
    if faults:
        raise malformed_file(sheet.name, faults)
    return rows


def _read_row(cells: CellReader, listings: dict[str, UUID]) -> RuleRow | None:
    listing_id = listings.get(cells.code("listing", max_length=10))
    if listing_id is None and cells.raw("listing"):
        cells.fault("listing", "这家店没有这个货号")
    household = cells.code("household", max_length=MAX_CODE_LENGTH)
    how = cells.choice("how", _HOWS)
    share_bp = wage_fen = None
    if how is BenefitHow.WAGE:
        wage_fen = parse_yuan(cells.raw("share"))
        if wage_fen is None or not 0 < wage_fen <= MAX_WAGE_FEN:
            cells.fault("share", "工钱写每份几元，例如 1.50")
    else:
        share_bp = parse_percent(cells.raw("share"))
        if share_bp is None or not 0 < share_bp <= BASIS_POINTS:
            cells.fault("share", "写成 50% 或 33.33%")
    if not cells.valid or listing_id is None or how is None:
        return None
    return RuleRow(listing_id=listing_id, household=household, how=how, share_bp=share_bp, wage_per_unit_fen=wage_fen)
