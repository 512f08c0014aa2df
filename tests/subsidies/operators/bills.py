"""Bills of an operator, sent by its account or by the county's importer, with the manifest that fits."""

from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from market.kernel import Connection, Refusal
from market.kernel.clock import get_business_day
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import digest
from market.people.identity.actors import find_actor_by_id
from market.people.identity.models import Actor
from market.people.identity.operators import create_operator
from market.subsidies.imports.billing import import_billing
from market.subsidies.imports.upload import ImportContext, ImportResult, Upload, prepare_upload
from payments.money import parse_yuan
from tests.story.play import COUNTY, nine_o_clock
from tests.support.make import SEAL, make_phone

HEADER = "账期,业务号码,业务类型,项目,账单金额,优惠减免,实收金额,冲正账期"
FEBRUARY = "2019-02"
DAY = "2019-03-03"


def bill_row(n: int, *, month: str = FEBRUARY, fen: str = "19.00", corrects: str = "", number: str = "") -> str:
    """Return a sound row: the service of number `n`, half of whose charge is reduced."""
    return f"{month},{number or f'170599{n:05}'},手机,P1,38.00,{fen},{38 - float(fen):.2f},{corrects}"


def write(*rows: str) -> bytes:
    """Return a bill with these rows."""
    return "\n".join([HEADER, *rows]).encode()


async def make_sender(
    conn: Connection, operator: str = "mobile", *, divisions: tuple[str, ...] = (COUNTY,), handle: str = "yd.zhang",
    day: str = DAY,
) -> Actor:  # fmt: skip
    """Make the account of an operator and return it, signed in with its second factor."""
    now = nine_o_clock(day)
    made = await create_operator(
        conn, SEAL, handle=handle, name="样例账单员", phone=make_phone(), operator=operator, divisions=divisions,
        now=now,
    )  # fmt: skip
    actor = await find_actor_by_id(conn, made.account_id, second_factor=True, day=get_business_day(now))
    assert actor is not None
    return actor


async def send(
    conn: Connection,
    actor: Actor | None,
    name: str,
    content: bytes,
    *,
    operator: str = "mobile",
    month: str = FEBRUARY,
    rows: int | None = None,
    day: str = DAY,
    county: str = COUNTY,
    replaces: UUID | None = None,
    **flags: bool,
) -> ImportResult:
    """Import a bill in the caller's transaction; its manifest states what it holds."""
    cells = [line.split(",") for line in content.decode("utf-8-sig").splitlines()[1:]]
    sums = [parse_yuan(row[5].lstrip("'")) or 0 for row in cells if len(row) > 5]
    stated = {
        "file": name, "operator": operator, "month": month, "sha256": digest(content),
        "rows": len(cells) if rows is None else rows, "sum_fen": sum(sums),
    }  # fmt: skip
    context = ImportContext(
        seal=SEAL, now=nine_o_clock(day), attachments={"m.manifest.json": msgspec.json.encode(stated)}
    )
    upload = Upload(county, "billing", name, content, replaces=replaces, **{"take_fewer": True, **flags})
    return await import_billing(conn, actor, await prepare_upload(actor, upload, context))


async def refuse(conn: Connection, actor: Actor | None, name: str, content: bytes, **given: Any) -> Refusal:
    """Return why a bill is refused."""
    attempt = conn.transaction()
    await attempt.start()
    try:
        await send(conn, actor, name, content, **given)
    except Refusal as refusal:
        return refusal
    finally:
        await attempt.rollback()
    raise AssertionError("the bill was taken")


def list_cells(refusal: Refusal) -> list[CellFault]:
    """Return the faulty cells of a refusal."""
    assert all(isinstance(each, CellFault) for each in refusal.errors)
    return [each for each in refusal.errors if isinstance(each, CellFault)]


LIST_CLAIMS = """
    SELECT operator, kind, value_index, month, programme_code, charge_fen, reduction_fen, billed_fen, corrects_month
      FROM claims JOIN identifiers ON id = number_id WHERE month = $1 ORDER BY 1, 2, 7 DESC, 3, 4, 5, 9, 6
"""


async def list_claims(conn: Connection, month: date = date(2019, 2, 1)) -> list[tuple[Any, ...]]:
    """Return what is claimed in the files of a month."""
    return [tuple(row) for row in await conn.fetch(LIST_CLAIMS, month)]
