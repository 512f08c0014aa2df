"""`market import …`: what counties and operators deliver. `--dry-run` names every bad row and takes nothing."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from market.cli.runtime import Runtime, read_input, run, runtime
from market.identity import Actor
from market.kernel import Connection
from market.subsidies.cycles import read_county
from market.subsidies.files import Imported, Upload

app = App(name="import", help="Take files of a county: register, programmes, plans, lines, billing, use.")

type County = Annotated[str, Parameter(name="--county", help="Six digits of the county.")]
type As = Annotated[str | None, Parameter(name="--as", help="Account that imports (embedded server only).")]
type Json = Annotated[bool, Parameter(name="--json", help="Answer as one JSON value.", negative="")]
type DryRun = Annotated[bool, Parameter(name="--dry-run", help="Read and compare, take nothing.", negative="")]
type TakeChanges = Annotated[
    bool, Parameter(name="--take-changes", help="Take what changes known facts, too.", negative="")
]
type Take = Callable[[Connection, Actor | None, Upload, Runtime, datetime], Awaitable[Imported]]


def _import(
    kind: str, file: Path, take: Take, *, county: str, as_: str | None, dry_run: bool, changes: bool
) -> Callable[[], Awaitable[Imported]]:
    async def work() -> Imported:
        upload = Upload(read_county(county), kind, file.name, read_input(file), dry_run=dry_run, take_changes=changes)
        async with runtime(as_) as ctx, ctx.db.transaction(scope=upload.county) as conn:
            return await take(conn, ctx.actor, upload, ctx, ctx.clock.now())

    return work


@app.command
def officials(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Make the accounts of a county's officials: 账号, 姓名, 职责, 范围."""
    from market.subsidies.import_officials import import_officials

    async def work() -> Imported:
        content = read_input(file)
        async with runtime(as_) as ctx, ctx.db.transaction(scope="all") as conn:
            return await import_officials(
                conn,
                county=read_county(county),
                name=file.name,
                content=content,
                dry_run=dry_run,
                now=ctx.clock.now(),
            )

    return run(work, as_json=json)


@app.command
def register(
    file: Path,
    /,
    *,
    county: County,
    as_: As = None,
    take_changes: TakeChanges = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Take the register of households and persons."""
    from market.subsidies.import_register import import_register

    async def take(conn: Connection, actor: Actor | None, upload: Upload, ctx: Runtime, now: datetime) -> Imported:
        return await import_register(conn, actor, upload, seal=ctx.seal, now=now)

    return run(
        _import("register", file, take, county=county, as_=as_, dry_run=dry_run, changes=take_changes), as_json=json
    )


@app.command
def programmes(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Take programmes and terms, with the documents beside the file."""
    from market.subsidies.import_programmes import import_programmes, named_documents

    async def take(conn: Connection, actor: Actor | None, upload: Upload, _ctx: Runtime, now: datetime) -> Imported:
        names = named_documents(upload)
        folder = file.parent.resolve()
        documents = {
            name: read_input(folder / name)
            for name in names
            if (folder / name).resolve().is_relative_to(folder) and (folder / name).exists()
        }
        return await import_programmes(conn, actor, upload, documents, now=now)

    return run(_import("programmes", file, take, county=county, as_=as_, dry_run=dry_run, changes=False), as_json=json)


@app.command
def plans(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Take the operators' plan catalogue."""
    from market.subsidies.import_plans import import_plans

    async def take(conn: Connection, actor: Actor | None, upload: Upload, _ctx: Runtime, now: datetime) -> Imported:
        return await import_plans(conn, actor, upload, now=now)

    return run(_import("plans", file, take, county=county, as_=as_, dry_run=dry_run, changes=False), as_json=json)


@app.command
def budget(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Take the public money of each month."""
    from market.subsidies.import_plans import import_budget

    async def take(conn: Connection, actor: Actor | None, upload: Upload, _ctx: Runtime, now: datetime) -> Imported:
        return await import_budget(conn, actor, upload, now=now)

    return run(_import("budget", file, take, county=county, as_=as_, dry_run=dry_run, changes=False), as_json=json)


@app.command
def enrolments(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Take enrolments with their public notice."""
    from market.subsidies.import_enrolments import import_enrolments

    async def take(conn: Connection, actor: Actor | None, upload: Upload, ctx: Runtime, now: datetime) -> Imported:
        return await import_enrolments(conn, actor, upload, seal=ctx.seal, now=now)

    return run(_import("enrolments", file, take, county=county, as_=as_, dry_run=dry_run, changes=False), as_json=json)


@app.command
def bindings(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Take bindings of person, device, SIM and number."""
    from market.subsidies.import_bindings import import_bindings

    async def take(conn: Connection, actor: Actor | None, upload: Upload, ctx: Runtime, now: datetime) -> Imported:
        return await import_bindings(conn, actor, upload, seal=ctx.seal, now=now)

    return run(_import("bindings", file, take, county=county, as_=as_, dry_run=dry_run, changes=False), as_json=json)


@app.command
def opening(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Take what was settled before this system began."""
    from market.subsidies.import_usage import import_opening

    async def take(conn: Connection, actor: Actor | None, upload: Upload, _ctx: Runtime, now: datetime) -> Imported:
        return await import_opening(conn, actor, upload, now=now)

    return run(_import("opening", file, take, county=county, as_=as_, dry_run=dry_run, changes=False), as_json=json)


@app.command
def billing(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Take an operator's billing file; NAME.manifest.json lies beside NAME.csv."""
    from market.subsidies.import_billing import import_billing, read_manifest

    async def take(conn: Connection, actor: Actor | None, upload: Upload, _ctx: Runtime, now: datetime) -> Imported:
        path = file.with_suffix(".manifest.json")
        manifest = read_manifest(path.name, read_input(path)) if path.exists() else None
        return await import_billing(conn, actor, upload, manifest, now=now)

    return run(_import("billing", file, take, county=county, as_=as_, dry_run=dry_run, changes=False), as_json=json)


@app.command
def usage(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Take known days of use of idle programmes' lines."""
    from market.subsidies.import_usage import import_usage

    async def take(conn: Connection, actor: Actor | None, upload: Upload, _ctx: Runtime, now: datetime) -> Imported:
        return await import_usage(conn, actor, upload, now=now)

    return run(_import("usage", file, take, county=county, as_=as_, dry_run=dry_run, changes=False), as_json=json)
