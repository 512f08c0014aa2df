"""What was taken from whom: the book of imported files, and what an import answers."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.audit import record
from market.identity import Actor
from market.kernel import Connection, Fen, Query
from market.subsidies.case_facts import JOIN_WHOLE_SETS
from market.subsidies.cycles import ROLE_OF, hold_in_open_cycles, require_county
from market.subsidies.models import Duty, FileChanged, FileId, FileTakenAs, Outcome
from market.subsidies.sheets import digest
from market.subsidies.words import Operator

REVISED = ("register", "programmes", "plans", "budget")
"""Kinds that come again under one name with other content: what changes is shown and then taken."""


class Imported(Struct, frozen=True, kw_only=True):
    """What an import came to; `counts` says how many of what were new, changed or ended."""

    outcome: Outcome = Outcome.OK
    county: str
    kind: str
    name: str
    sha256: str
    rows: int
    dry_run: bool = False
    counts: dict[str, int] = {}
    sum_fen: Fen | None = None


class Upload(Struct, frozen=True):
    """A file that somebody brings for a county, before anything of it is taken."""

    county: str
    kind: str
    name: str
    content: bytes
    dry_run: bool = False
    take_changes: bool = False

    @property
    def sha256(self) -> str:
        """Its SHA-256, as it is printed."""
        return digest(self.content)


class _Taken(Struct, frozen=True):
    name: str
    sha256: str
    rows: int


# Imports of one county follow each other: a second one must see what the first one took.
LOCK_IMPORTS = Query(None, "SELECT pg_advisory_xact_lock(7003, :county::text::integer)")
TAKEN_BY_NAME = Query(
    _Taken,
    """
    SELECT name, sha256, rows FROM sheet_files
     WHERE county_code = :county AND kind = :kind AND name = :name
     ORDER BY taken_at DESC, id DESC LIMIT 1
    """,
)
TAKEN_BY_CONTENT = Query(
    _Taken,
    """
    SELECT name, sha256, rows FROM sheet_files
     WHERE county_code = :county AND kind = :kind AND sha256 = :sha256 LIMIT 1
    """,
)
ADD_FILE = Query(
    UUID,
    """
    INSERT INTO sheet_files (county_code, kind, name, sha256, rows, operator, month, sum_fen, account_id, taken_at)
    VALUES (:county, :kind, :name, :sha256, :rows, :operator, :month, :sum_fen, :account_id, :now)
    RETURNING id
    """,
)


async def begin_import(
    conn: Connection, actor: Actor | None, upload: Upload, duty: Duty, *, now: datetime
) -> tuple[Actor, Imported | None]:
    """Check who imports and whether the file was taken before; a no-op's answer comes back for the latter.

    Who may see the county alone may ask; the caller's transaction holds the county's imports from here on.

    Raises:
        NotSignedIn: nobody acts.
        SecondDuty: the actor holds another duty of an open cycle (R14).
        NotAllowed: the actor has not the role for the county.
        SecondFactorNeeded: the second factor has not been shown.
        FileChanged: a file of that name was taken with other content.
        FileTakenAs: the same bill was taken under another name.
    """
    await LOCK_IMPORTS.run(conn, county=upload.county)
    await JOIN_WHOLE_SETS.run(conn)
    if actor is not None:
        await hold_in_open_cycles(conn, upload.county, actor, duty, now=now)
    actor = require_county(actor, ROLE_OF[duty], upload.county)
    known = await TAKEN_BY_NAME.maybe(conn, county=upload.county, kind=upload.kind, name=upload.name)
    if known is not None and known.sha256 == upload.sha256:
        return actor, Imported(
            outcome=Outcome.NO_OP,
            county=upload.county,
            kind=upload.kind,
            name=upload.name,
            sha256=upload.sha256,
            rows=known.rows,
            dry_run=upload.dry_run,
        )
    if known is not None and upload.kind not in REVISED:
        raise FileChanged(name=upload.name, taken_sha256=known.sha256, given_sha256=upload.sha256)
    if upload.kind == "billing":
        twin = await TAKEN_BY_CONTENT.maybe(conn, county=upload.county, kind=upload.kind, sha256=upload.sha256)
        if twin is not None:
            raise FileTakenAs(taken=twin.name)
    return actor, None


async def book_file(
    conn: Connection,
    actor: Actor,
    upload: Upload,
    *,
    rows: int,
    now: datetime,
    operator: Operator | None = None,
    month: date | None = None,
    sum_fen: Fen | None = None,
) -> FileId:
    """Write a file into the book and the audit record."""
    file_id = FileId(
        await ADD_FILE.one(
            conn,
            county=upload.county,
            kind=upload.kind,
            name=upload.name,
            sha256=upload.sha256,
            rows=rows,
            operator=operator,
            month=month,
            sum_fen=sum_fen,
            account_id=actor.account_id,
            now=now,
        )
    )
    await record(
        conn,
        actor=str(actor.account_id),
        action=f"import {upload.kind}",
        object=f"county:{upload.county}",
        detail={"file": upload.name, "sha256": upload.sha256, "rows": rows},
        now=now,
    )
    return file_id


def imported(upload: Upload, *, rows: int, counts: dict[str, int], sum_fen: Fen | None = None) -> Imported:
    """Return the answer of an import that was taken, or would be."""
    return Imported(
        county=upload.county,
        kind=upload.kind,
        name=upload.name,
        sha256=upload.sha256,
        rows=rows,
        dry_run=upload.dry_run,
        counts=counts,
        sum_fen=sum_fen,
    )
