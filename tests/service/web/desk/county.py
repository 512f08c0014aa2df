"""The golden story's county: its officials signed in, its files imported, its month played up to a step."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.models import Actor
from market.people.identity.sign_in import sign_in_without_code
from market.subsidies.findings.decide import decide_finding
from market.subsidies.imports.officials import import_officials
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.month.approve import confirm_month, decide_month, review_month
from market.subsidies.month.run import run_month
from market.subsidies.month.settle import close_month, reconcile_month, settle_month
from market.subsidies.tasks import submit
from tests.support.app import Service, build_settings, run_service
from tests.support.make import SEAL

COUNTY = "130624"
JANUARY = date(2019, 1, 1)
NOW = datetime(2019, 2, 14, 1, 0, tzinfo=UTC)
"""Nine in the morning of the day on which January is closed."""
INPUT = Path(__file__).parents[3] / "story" / "input"
STEPS = ("run", "confirm", "findings", "review", "decide", "settle", "reconcile", "close")
FINDINGS = (
    ("one_identity_two_enrolments", "DX-06", (), ("DX-06",)),
    ("two_operators_one_household", "H14", ("LT-05",), ("DX-06",)),
    ("claim_outside_snapshot", "DX-06", (), ("DX-06",)),
    ("one_device_many_sims", "YD-07;YD-08;YD-09", ("YD-07", "YD-08", "YD-09"), ()),
)
"""The decisions of the story's township in January: check, subject, lines to pay, lines to stop."""
HANDLE_BY_STEP = {
    "run": "gan",
    "confirm": "cun",
    "findings": "zhen",
    "review": "zhen",
    "decide": "xian",
    "settle": "cai",
    "reconcile": "dui",
    "close": "dui",
}


class Officials(Struct, frozen=True):
    """The story's officials by handle: their actors, and the tokens of their sessions."""

    actors: dict[str, Actor]
    tokens: dict[str, str]


def read_story_file(name: str) -> bytes:
    """Return a file of the story's input."""
    return (INPUT / name).read_bytes()


def read_documents() -> dict[str, bytes]:
    """Return the documents of the programmes, under the names of the programmes file."""
    return {f"documents/P{number}.txt": read_story_file(f"documents/P{number}.txt") for number in (1, 2, 3)}


async def sign_in(conn: Connection, handle: str, *, second_factor: bool = True) -> str:
    """Open a session for an official and return its token."""
    actor = await find_actor_by_handle(conn, handle, day=NOW.date())
    assert actor is not None
    return (await sign_in_without_code(conn, actor.account_id, now=NOW, second_factor=second_factor)).token


async def create_officials(db: Database) -> Officials:
    """Create the story's officials and sign each of them in."""
    actors: dict[str, Actor] = {}
    tokens: dict[str, str] = {}
    async with db.transaction(scope="130624") as conn:
        await import_officials(
            conn, SEAL, county=COUNTY, name="officials.csv", content=read_story_file("officials.csv"), now=NOW
        )
        for handle in ("gan", "jiang", "cun", "zhen", "xian", "cai", "dui"):
            actor = await find_actor_by_handle(conn, handle, day=NOW.date())
            assert actor is not None
            actors[handle] = actor
            tokens[handle] = await sign_in(conn, handle)
    return Officials(actors, tokens)


async def import_upload(
    conn: Connection, actor: Actor, upload: Upload, seal: Seal, attachments: dict[str, bytes] | None = None
) -> None:
    """Import a file in the caller's transaction."""
    context = ImportContext(seal=seal, now=NOW, attachments=attachments or {})
    await run_import(conn, actor, await prepare_upload(actor, upload, context))


async def import_story_files(db: Database, seal: Seal, people: Officials) -> None:
    """Import every file of steps 1 to 11 of the story."""
    gan, jiang = people.actors["gan"], people.actors["jiang"]

    def upload(kind: str, name: str) -> Upload:
        return Upload(COUNTY, kind, Path(name).name, read_story_file(name))

    async with db.transaction(scope=COUNTY) as conn:
        register = upload("register", "register/register-2018-12-20.csv")
        await import_upload(conn, gan, register, seal)
        await import_upload(conn, jiang, upload("programmes", "programmes.json"), seal, read_documents())
        await import_upload(conn, jiang, upload("plans", "plans.csv"), seal)
        await import_upload(conn, jiang, upload("budget", "budget.json"), seal)
        for day in ("2018-12-21", "2019-02-01"):
            enrolments = upload("enrolments", f"enrolments/enrolments-{day}.csv")
            await import_upload(conn, gan, enrolments, seal)
            await import_upload(conn, gan, upload("bindings", f"bindings/bindings-{day}.csv"), seal)
        await import_upload(conn, gan, upload("opening", "opening.csv"), seal)
        for operator in ("mobile", "unicom", "telecom"):
            name = f"billing/{operator}-2019-01"
            manifest = {"manifest.json": read_story_file(f"{name}.manifest.json")}
            await import_upload(conn, gan, upload("billing", f"{name}.csv"), seal, manifest)
        await import_upload(conn, gan, upload("usage", "usage/usage-2019-01.csv"), seal)


async def play_january(db: Database, people: Officials, *, until: str) -> None:
    """Take the steps of January in order, up to and including `until`, each by its own official."""
    takes: dict[str, Any] = {
        "run": partial(run_month, seal=SEAL),
        "confirm": confirm_month,
        "review": partial(review_month, seal=SEAL),
        "decide": partial(decide_month, seal=SEAL),
        "settle": partial(settle_month, seal=SEAL),
        "reconcile": reconcile_month,
        "close": close_month,
    }
    for step in STEPS[: STEPS.index(until) + 1]:
        actor = people.actors[HANDLE_BY_STEP[step]]
        async with db.transaction(scope=COUNTY) as conn:
            if step != "findings":
                await takes[step](conn, actor, COUNTY, JANUARY, now=NOW)
                continue
            for check, subject, pays, stops in FINDINGS:
                await decide_finding(
                    conn,
                    actor,
                    COUNTY,
                    JANUARY,
                    check=check,
                    subject=subject,
                    pays=pays,
                    stops=stops,
                    why="样例",
                    seal=SEAL,
                    now=NOW,
                )


@asynccontextmanager
async def serve_story(dsn: str, folder: Path, *, works: bool = True, **more: Any) -> AsyncGenerator[Service]:
    """Yield the service on the day of the story; unless `works` is false, tasks are done beside it.

    Then requests wait for their tasks as long as a slow machine takes.
    """
    with pytest.MonkeyPatch.context() as patch:
        if works:
            patch.setattr(submit, "MAX_WAIT_SECONDS", 30)
        async with run_service(build_settings(dsn, folder, now=NOW, **more), works=works) as service:
            yield service
