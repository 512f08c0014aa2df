"""Import the lists of other offices (比对名单): public payroll, vehicles, companies, flats, addresses, bank accounts.

They are compared by keyed hash: of persons by their identity number, of households by the text that several have.
"""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import CellFaults, malformed_file
from market.kernel.text import fold_text
from market.people.identity.models import Actor
from market.subsidies.imports.differences import format_optional
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.upload import ImportResult, PreparedUpload, begin_import, build_result, record_file
from market.subsidies.names import HOUSEHOLD_LISTS, LIST_NAMES, LISTS, ListName

LISTED_IDENTITY_CONTEXT = "listed_facts.identity"
LISTED_VALUE_CONTEXT = "listed_facts.value"


class ListedRow(Struct, frozen=True, gc=False, kw_only=True):
    """A row of a list: a person's entry, or what a household has; `value_index` is empty without a value."""

    row: int
    name: ListName
    identity_index: bytes | None
    identity_sealed: bytes | None
    household: str | None
    value_index: bytes
    value_sealed: bytes
    start: date
    until: date | None

    @property
    def key(self) -> tuple[ListName, bytes, str, bytes, date]:
        """What tells the entry from every other one."""
        return self.name, self.identity_index or b"", self.household or "", self.value_index, self.start


class ListedFact(Struct, frozen=True, gc=False, kw_only=True):
    """A stored entry."""

    name: ListName
    identity_index: bytes | None
    identity_sealed: bytes | None
    household: str | None
    value_index: bytes
    value_sealed: bytes
    start: date
    until: date | None


LIST_HOUSEHOLD_CODES = Query(str, "SELECT code FROM households WHERE county_code = :county")
LIST_LISTED_FACTS = Query(
    ListedFact,
    """
    SELECT list AS name, identity_index, identity_sealed, household_code AS household, value_index, value_sealed,
           lower(valid_during) AS start, upper(valid_during) AS until
      FROM listed_facts WHERE county_code = :county
     ORDER BY list, valid_during, id
    """,
)
END_LISTED_FACTS = Query(
    None,
    """
    WITH given AS MATERIALIZED (
        SELECT name, coalesce(decode(identity_index, 'base64'), '') AS identity_index,
               coalesce(household, '') AS household, decode(value_index, 'base64') AS value_index, start, until
          FROM jsonb_to_recordset(:rows::jsonb)
            AS r(name text, identity_index text, household text, value_index text, start date, until date))
    UPDATE listed_facts f SET valid_during = daterange(g.start, g.until), ended_by = :file_id
      FROM given g
     WHERE f.county_code = :county AND f.list = g.name AND coalesce(f.identity_index, '') = g.identity_index
       AND coalesce(f.household_code, '') = g.household AND f.value_index = g.value_index
       AND lower(f.valid_during) = g.start AND upper_inf(f.valid_during)
    """,
)
ADD_LISTED_FACTS = Query(
    None,
    """
    INSERT INTO listed_facts (county_code, list, identity_index, identity_sealed, household_code, value_index,
                              value_sealed, valid_during, file_id)
    SELECT :county, name, decode(identity_index, 'base64'), decode(identity_sealed, 'base64'), household,
           decode(value_index, 'base64'), decode(value_sealed, 'base64'), daterange(start, until), :file_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(name text, identity_index text, identity_sealed text, household text, value_index text, value_sealed text,
             start date, until date)
    """,
)


async def import_lists(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import entries of lists; a row is new, known already, or ends an open entry of the same first day.

    Nothing else of a stored entry changes. Persons need not be in the register: they are found once they are. The
    caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        FileChanged: a file of this name was imported with other content.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    spreadsheet = upload.get_spreadsheet()
    households = frozenset(await LIST_HOUSEHOLD_CODES.all(conn, county=upload.county))
    faults = CellFaults()
    rows: list[ListedRow] = []
    stored = {_get_key(fact): fact.until for fact in await LIST_LISTED_FACTS.all(conn, county=upload.county)}
    spans = _Spans(list(stored.items()))
    to_add: list[ListedRow] = []
    to_end: list[ListedRow] = []
    for each in spreadsheet.rows:
        cells = RowReader(spreadsheet, each, faults)
        row = _read(cells, households, upload.seal)
        if row is None:
            continue
        rows.append(row)
        if row.key not in stored:
            if spans.overlaps(row):
                cells.fault("valid_from", "这一条已经登记，日期重叠；先写原来那条的失效日")
            else:
                spans.add(row)
                to_add.append(row)
        elif stored[row.key] is None and row.until is not None:
            to_end.append(row)
        elif stored[row.key] != row.until:
            cells.fault("valid_until", f"已经登记到 {format_optional(stored[row.key])}，不能再改")
    if faults:
        raise malformed_file(upload.name, faults)
    answer = build_result(upload, rows=len(rows), counts={"entries": len(to_add), "ended": len(to_end)})
    if upload.dry_run:
        return answer
    file_id = await record_file(conn, actor, upload, rows=len(rows))
    await END_LISTED_FACTS.run(conn, county=upload.county, file_id=file_id, rows=to_end)
    await ADD_LISTED_FACTS.run(conn, county=upload.county, file_id=file_id, rows=to_add)
    return answer


def get_listed_cells(fact: ListedFact, seal: Seal) -> dict[str, str]:
    """Return a stored entry as the cells of its row."""
    return {
        "list": LIST_NAMES[fact.name],
        "identity": seal.open(fact.identity_sealed, LISTED_IDENTITY_CONTEXT) if fact.identity_sealed else "",
        "household": fact.household or "",
        "value": seal.open(fact.value_sealed, LISTED_VALUE_CONTEXT) if fact.value_sealed else "",
        "valid_from": str(fact.start),
        "valid_until": format_optional(fact.until),
    }


type _Key = tuple[ListName, bytes, str, bytes, date]


class _Spans:
    """The days of each entry, stored or in an earlier row."""

    def __init__(self, stored: list[tuple[_Key, date | None]]) -> None:
        self._spans: dict[tuple[object, ...], list[tuple[date, date]]] = {}
        for key, until in stored:
            self._spans.setdefault(key[:4], []).append((key[4], until or date.max))

    def overlaps(self, row: ListedRow) -> bool:
        """Return whether the same entry is known on a day of the row."""
        until = row.until or date.max
        return any(start < until and row.start < end for start, end in self._spans.get(row.key[:4], []))

    def add(self, row: ListedRow) -> None:
        """Add the days of a row."""
        self._spans.setdefault(row.key[:4], []).append((row.start, row.until or date.max))


def _get_key(fact: ListedFact) -> _Key:
    return fact.name, fact.identity_index or b"", fact.household or "", fact.value_index, fact.start


def _read(cells: RowReader, households: frozenset[str], seal: Seal) -> ListedRow | None:
    name = cells.choice("list", LISTS)
    identity = household = ""
    value = cells.text("value", max_length=120, required=name in HOUSEHOLD_LISTS)
    if name in HOUSEHOLD_LISTS:
        household = cells.household()
        if household and household not in households:
            cells.fault("household", "名册里没有这一户")
        if value and not fold_text(value):
            cells.fault("value", "要有字或数字")
        if cells.raw("identity"):
            cells.fault("identity", "住址和银行账号按户写，这里空着")
    elif name is not None:
        identity = cells.identity("identity")
        if cells.raw("household"):
            cells.fault("household", "这种名单按人写，户编号空着")
    start, until = cells.day("valid_from"), cells.maybe_day("valid_until")
    if start and until and until <= start:
        cells.fault("valid_until", f"应晚于生效日 {start}")
    if not cells.valid or name is None or start is None:
        return None
    folded = fold_text(value)
    return ListedRow(
        row=cells.row.number,
        name=name,
        identity_index=seal.index(identity) if identity else None,
        identity_sealed=seal.seal(identity, LISTED_IDENTITY_CONTEXT) if identity else None,
        household=household or None,
        value_index=seal.index(folded) if folded else b"",
        value_sealed=seal.seal(value, LISTED_VALUE_CONTEXT) if folded else b"",
        start=start,
        until=until,
    )
