"""Import the register: households, persons, and their memberships with dates."""

from datetime import date

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.sheets.spreadsheet import MAX_FAULTS, CellFaults, malformed_file
from market.people.identity.models import Actor
from market.places.divisions.village_periods import list_ended_villages
from market.subsidies.imports.models import RegisterDiffers
from market.subsidies.imports.register_changes import RegisterComparison
from market.subsidies.imports.register_rows import (
    RegisterRow,
    check_consistency,
    check_merged,
    check_seats,
    check_single_household,
    read_members,
)
from market.subsidies.imports.upload import ImportResult, PreparedUpload, begin_import, build_result, record_file
from market.subsidies.register.changes import RECORD_CHECKS, Origin, store_register_rows
from market.subsidies.register.queries import (
    LIST_ENDED_CODES,
    LIST_KNOWN_MEMBERSHIPS,
    LIST_KNOWN_PERSONS,
    LIST_KNOWN_STATUSES,
    LIST_MERGED_HOUSEHOLDS,
    LIST_VILLAGES,
)


async def import_register(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import a register file; new facts are added, changes of stored facts need `take_changes`.

    A person missing in the file stays. The households of the file were checked on its 核查日, without one on the day of
    the import. The file is imported completely or refused; `dry_run` stores nothing. Row 1 is
    the header. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        RegisterDiffers: stored facts change and `take_changes` is not set.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    spreadsheet = upload.get_spreadsheet()
    villages = {village.code: village.name for village in await LIST_VILLAGES.all(conn, county=upload.county)}
    today = get_business_day(upload.now)
    ended = {
        each.code: f"这是 {each.ended_on} 起停用的代码，请换成现在的"
        for each in await LIST_ENDED_CODES.all(conn, county=upload.county, day=today)
    } | await list_ended_villages(conn, upload.county, day=today)
    faults = CellFaults()
    members = read_members(spreadsheet, villages, ended, today, faults)
    persons = {person.identity_index: person for person in await LIST_KNOWN_PERSONS.all(conn, county=upload.county)}
    statuses = {status.household: status for status in await LIST_KNOWN_STATUSES.all(conn, county=upload.county)}
    memberships = await LIST_KNOWN_MEMBERSHIPS.all(conn, county=upload.county)
    indexes = {member.identity: upload.seal.index(member.identity) for member in members}
    check_consistency(spreadsheet, members, statuses, faults)
    merged = {each.code: each for each in await LIST_MERGED_HOUSEHOLDS.all(conn, county=upload.county)}
    check_merged(spreadsheet, members, merged, faults)
    check_single_household(spreadsheet, members, indexes, memberships, faults)
    check_seats(spreadsheet, members, indexes, memberships, faults)
    if faults:
        raise malformed_file(upload.name, faults)
    comparison = RegisterComparison(spreadsheet, upload.seal, today)
    changes = comparison.compare(members, persons, statuses, memberships)
    answer = build_result(upload, rows=len(members), counts=changes.counts, changes=changes.cells)
    if upload.dry_run:
        return answer
    if changes.edits and not upload.take_changes:
        raise RegisterDiffers(
            ended=len(changes.memberships_changed),
            begun=len(changes.memberships),
            changed=len(changes.persons_changed) + len(changes.statuses_changed),
            errors=tuple(changes.cells[:MAX_FAULTS]),
        )
    file_id = await record_file(conn, actor, upload, rows=len(members))
    await store_register_rows(conn, upload.county, changes, origin=Origin(file_id=file_id), now=upload.now)
    checked = {member.household: member.checked_on or today for member in sorted(members, key=_get_check_order)}
    rows = [{"household": household, "checked_on": day} for household, day in checked.items()]
    await RECORD_CHECKS.run(conn, county=upload.county, file_id=file_id, lead_id=None, rows=rows)
    return answer


def _get_check_order(member: RegisterRow) -> date:
    """Return the day of a member's check, the earliest possible without one; the latest of a household counts."""
    return member.checked_on or date.min
