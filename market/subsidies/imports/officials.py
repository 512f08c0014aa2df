"""Import a county's list of officials: their accounts and roles."""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import asyncpg
from msgspec import Struct

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_scope
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import CellFaults, Column, digest, malformed_file, read_spreadsheet
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import AccountId, HandleTaken, Role
from market.people.identity.officials import Appointment, appoint, find_warnings
from market.people.identity.phone_accounts import SAVE_OFFICIAL
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.upload import ImportResult
from market.subsidies.models import Outcome

COLUMNS = (
    Column("handle", "账号"),
    Column("name", "姓名"),
    Column("roles", "职责"),
    Column("place", "范围"),
    Column("identity", "身份证号", optional=True),
)
ROLES: Mapping[str, Role] = {
    "县级经办（导入）": Role.IMPORTER,
    "县级经办（政策）": Role.POLICY,
    "村级评议": Role.VILLAGE,
    "乡镇审核": Role.TOWNSHIP,
    "县级审定": Role.COUNTY,
    "财政结算": Role.FINANCE,
    "对账": Role.RECONCILER,
}
_HANDLE = re.compile(r"[a-z][a-z0-9_.-]{1,31}")
_DIVISION = re.compile(r"[0-9]{6}|[0-9]{12}")
_FOLDED = {name.replace("（", "(").replace("）", ")"): role for name, role in ROLES.items()} | {
    str(role): role for role in ROLES.values()
}


class OfficialRow(Struct, frozen=True):
    """A row of the list of officials."""

    handle: str
    name: str
    roles: list[Role]
    scope: str
    identity: str | None


async def import_officials(
    conn: Connection, seal: Seal, *, county: str, name: str, content: bytes, dry_run: bool = False, now: datetime
) -> ImportResult:
    """Create an account for each row, with its roles for its division from today on; existing accounts and roles stay.

    The accounts have no phone: they act by `--as` on the embedded server, or after a phone is added. There is no
    actor: the system's operator runs this. `counts` tells how many rows have the identity number or the name of another
    official. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        HandleTaken: another import created the account at the same moment.
        OtherPerson: an account has another identity number.
    """
    spreadsheet = await asyncio.to_thread(read_spreadsheet, name, content, COLUMNS)
    faults = CellFaults()
    read = [_read(RowReader(spreadsheet, row, faults), county) for row in spreadsheet.rows]
    if faults:
        raise malformed_file(name, faults)
    created = granted = 0
    warnings: Counter[str] = Counter()
    appointments: list[Appointment] = []
    # By handle: another import of the same accounts waits for this one at the first of them.
    for official in sorted(read, key=lambda each: each.handle):
        actor = await find_actor_by_handle(conn, official.handle, day=get_business_day(now))
        existing = {(grant.role, grant.scope) for grant in actor.grants} if actor else set[tuple[Role, str]]()
        new = [role for role in official.roles if (role, official.scope) not in existing]
        created += actor is None
        granted += len(new)
        if dry_run or (actor is not None and not new and official.identity is None):
            continue
        account_id = actor.account_id if actor else await _add_account(conn, official, now=now)
        appointments.append(Appointment(account_id, official.handle, new, official.scope, official.identity))
    await appoint(conn, seal, appointments, by="command line", now=now)
    for each in appointments:
        warnings.update(list(await find_warnings(conn, each.account_id, each.handle)))
    return ImportResult(
        outcome=Outcome.OK if created or granted else Outcome.NO_OP,
        county=county,
        kind="officials",
        name=name,
        sha256=digest(content),
        rows=len(read),
        dry_run=dry_run,
        counts={"accounts": created, "roles": granted} | {str(name): count for name, count in warnings.items()},
    )


async def _add_account(conn: Connection, official: OfficialRow, *, now: datetime) -> AccountId:
    try:
        made = await SAVE_OFFICIAL.maybe(
            conn,
            handle=official.handle,
            name=official.name,
            phone_index=None,
            phone_sealed=None,
            totp_sealed=None,
            sample="样例" in official.name,
            by="command line",
            now=now,
        )
    except asyncpg.UniqueViolationError as error:
        raise HandleTaken(handle=official.handle) from error
    assert made is not None
    return AccountId(made)


def _read(cells: RowReader, county: str) -> OfficialRow:
    handle, division = cells.code("handle"), cells.code("place")
    if handle and not _HANDLE.fullmatch(handle):
        cells.fault("handle", "2 到 32 个小写字母、数字或 _ . -，以字母开头")
    if division and not (_DIVISION.fullmatch(division) and division.startswith(county)):
        cells.fault("place", f"应是 {county} 县内的区划代码，12 位")
    words = [word.strip() for word in cells.code("roles", max_length=200).replace("；", ";").split(";") if word.strip()]
    unknown = [word for word in words if word not in _FOLDED]
    if unknown:
        cells.fault("roles", f"没有这项职责：{'、'.join(unknown)}；应是 {'、'.join(ROLES)}，几项用 ; 分开")
    roles = [_FOLDED[word] for word in words if word in _FOLDED]
    identity = cells.identity("identity") if cells.raw("identity") else None
    return OfficialRow(handle, cells.text("name"), roles, get_scope(division), identity)
