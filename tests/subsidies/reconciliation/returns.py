"""Return files for the tests: what an operator answers to the settlement file that it was sent."""

from collections.abc import Callable
from datetime import date
from hashlib import sha256

import msgspec

from market.kernel import Refusal
from market.people.identity.actors import find_actor_by_handle
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import Operator
from market.subsidies.reconciliation.import_returns import read_settled_rows
from market.subsidies.reconciliation.settlement_files import read_settlement_file
from payments.money import format_yuan
from tests.story.play import COUNTY, Answer, Player, nine_o_clock
from tests.support.make import SEAL

JANUARY = date(2019, 1, 1)
DAY = "2019-02-12"
HEAD = "业务编号,所属月,业务号码,业务类型,入账金额,结果"
type Rows = list[list[str]]
type Change = Callable[[Rows], Rows]


async def read_sent(player: Player, operator: Operator, month: date = JANUARY) -> bytes:
    """Return the settlement file of a month that an operator was sent."""
    async with player.database.transaction(scope=COUNTY) as conn:
        return await read_settlement_file(conn, SEAL, await find_cycle(conn, COUNTY, month), operator)


def make_rows(sent: bytes) -> Rows:
    """Return the rows of a return file that credits what was settled."""
    rows = read_settled_rows(sent)
    kinds = ["手机" if row.number.isdecimal() else "宽带" for row in rows]
    return [
        [row.line, f"{row.month:%Y-%m}", row.number, kind, format_yuan(row.fen), "已入账"]
        for row, kind in zip(rows, kinds, strict=True)
    ]


def write_return(
    lines: Rows, *, operator: Operator, name: str, sent: bytes, told: dict[str, object] | None = None
) -> tuple[bytes, bytes]:
    """Return a return file and its manifest; `told` replaces fields of the manifest."""
    content = "\n".join([HEAD, *(",".join(row) for row in lines)]).encode()
    total = sum(round(float(row[4]) * 100) for row in lines if row[4].replace(".", "").replace("-", "").isdecimal())
    manifest = {
        "file": name,
        "operator": operator,
        "month": "2019-01",
        "sha256": sha256(content).hexdigest(),
        "rows": len(lines),
        "sum_fen": total,
        "settlement_sha256": sha256(sent).hexdigest(),
    }
    return content, msgspec.json.encode({**manifest, **(told or {})})


async def send_return(
    player: Player,
    operator: Operator = Operator.MOBILE,
    change: Change = list,
    *,
    name: str = "mobile-1.csv",
    who: str = "gan",
    day: str = DAY,
    dry_run: bool = False,
    manifest: bool = True,
    month: date = JANUARY,
    told: dict[str, object] | None = None,
) -> Answer:
    """Import the return file of an operator for a month, with `told` in its manifest; a refusal is an answer."""
    sent = await read_sent(player, operator, month)
    told = {"month": f"{month:%Y-%m}", **(told or {})}
    content, paper = write_return(change(make_rows(sent)), operator=operator, name=name, sent=sent, told=told)
    now = nine_o_clock(day)
    try:
        async with player.database.transaction(scope=COUNTY) as conn:
            actor = await find_actor_by_handle(conn, who, day=now.date())
            attachments = {"manifest.json": paper} if manifest else {}
            context = ImportContext(seal=SEAL, now=now, attachments=attachments)
            upload = Upload(COUNTY, "return", name, content, dry_run=dry_run)
            answer = await run_import(conn, actor, await prepare_upload(actor, upload, context))
    except Refusal as refusal:
        errors = msgspec.to_builtins(refusal.errors)
        return {"outcome": "refused", "code": refusal.code, "text": refusal.text("zh"), "errors": errors}
    plain: Answer = msgspec.to_builtins(answer)
    return plain
