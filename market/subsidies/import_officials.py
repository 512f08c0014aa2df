"""Taking a county's list of officials: their accounts and the duties that they may hold."""

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime

import asyncpg
from msgspec import Struct

from market.audit import record
from market.identity import AccountId, Role
from market.identity.actors import actor_by_handle
from market.identity.models import HandleTaken
from market.identity.officials import ADD_GRANT, ADD_OFFICIAL
from market.kernel import Connection
from market.kernel.clock import day_of
from market.places.codes import scope_of
from market.subsidies.cells import RowReader
from market.subsidies.files import Imported
from market.subsidies.models import CellFault, Outcome
from market.subsidies.sheets import Column, digest, malformed, read_sheet

COLUMNS = (Column("handle", "账号"), Column("name", "姓名"), Column("roles", "职责"), Column("place", "范围"))
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
_PLACE = re.compile(r"[0-9]{6}|[0-9]{12}")
_FOLDED = {name.replace("（", "(").replace("）", ")"): role for name, role in ROLES.items()} | {
    str(role): role for role in ROLES.values()
}


class OfficialRow(Struct, frozen=True):
    """An official of the list."""

    handle: str
    name: str
    roles: list[Role]
    scope: str


async def import_officials(
    conn: Connection, *, county: str, name: str, content: bytes, dry_run: bool = False, now: datetime
) -> Imported:
    """Make an account of each row, with its roles for its place from today on; what is there already stays.

    The accounts have no phone: they act by `--as` on the embedded server, or once a phone is given to them. The
    operator's own act, without an account; the caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_sheet`; every bad cell is named.
        HandleTaken: an account was made by someone else at the same moment.
    """
    sheet = await asyncio.to_thread(read_sheet, name, content, COLUMNS)
    faults: list[CellFault] = []
    read = [_read(RowReader(sheet, row, faults), county) for row in sheet.rows]
    if faults:
        raise malformed(name, faults)
    made = granted = 0
    for official in read:
        actor = await actor_by_handle(conn, official.handle, day=day_of(now))
        held = {(grant.role, grant.scope) for grant in actor.grants} if actor else set[tuple[Role, str]]()
        new = [role for role in official.roles if (role, official.scope) not in held]
        made += actor is None
        granted += len(new)
        if not dry_run and (actor is None or new):
            await _make(conn, official, new, actor.account_id if actor else None, now=now)
    return Imported(
        outcome=Outcome.OK if made or granted else Outcome.NO_OP,
        county=county,
        kind="officials",
        name=name,
        sha256=digest(content),
        rows=len(read),
        dry_run=dry_run,
        counts={"accounts": made, "roles": granted},
    )


async def _make(
    conn: Connection, official: OfficialRow, roles: list[Role], account_id: AccountId | None, *, now: datetime
) -> None:
    if account_id is None:
        try:
            made = await ADD_OFFICIAL.maybe(
                conn,
                handle=official.handle,
                name=official.name,
                phone_index=None,
                phone_sealed=None,
                totp_sealed=None,
                sample="样例" in official.name,
                now=now,
            )
        except asyncpg.UniqueViolationError as error:
            raise HandleTaken(handle=official.handle) from error
        assert made is not None  # noqa: S101 - without a phone nothing is taken over
        account_id = AccountId(made)
    for role in roles:
        await ADD_GRANT.run(conn, account_id=account_id, role=role, scope=official.scope, day=day_of(now))
    await record(
        conn,
        actor="command line",
        action="official.make",
        object=f"account:{account_id}",
        detail={"handle": official.handle, "roles": [str(role) for role in roles], "scope": official.scope},
        now=now,
    )


def _read(cells: RowReader, county: str) -> OfficialRow:
    handle, place = cells.code("handle"), cells.code("place")
    if handle and not _HANDLE.fullmatch(handle):
        cells.fault("handle", "2 到 32 个小写字母、数字或 _ . -，以字母开头")
    if place and not (_PLACE.fullmatch(place) and place.startswith(county)):
        cells.fault("place", f"应是 {county} 县内的区划代码，12 位")
    words = [word.strip() for word in cells.code("roles", most=200).replace("；", ";").split(";") if word.strip()]
    unknown = [word for word in words if word not in _FOLDED]
    if unknown:
        cells.fault("roles", f"没有这项职责：{'、'.join(unknown)}；应是 {'、'.join(ROLES)}，几项用 ; 分开")
    roles = [_FOLDED[word] for word in words if word in _FOLDED]
    return OfficialRow(handle, cells.text("name"), roles, scope_of(place))
