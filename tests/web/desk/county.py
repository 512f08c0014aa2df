"""The golden story's county in a test: its officials signed in, its files taken, its month as far as is asked."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from market.identity import Actor, sign_in_without_code
from market.identity.actors import actor_by_handle
from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.subsidies.approve import confirm_month, decide_month, review_month
from market.subsidies.decide_finding import decide_finding
from market.subsidies.files import Upload
from market.subsidies.import_billing import import_billing, read_manifest
from market.subsidies.import_bindings import import_bindings
from market.subsidies.import_enrolments import import_enrolments
from market.subsidies.import_officials import import_officials
from market.subsidies.import_plans import import_budget, import_plans
from market.subsidies.import_programmes import import_programmes
from market.subsidies.import_register import import_register
from market.subsidies.import_usage import import_opening, import_usage
from market.subsidies.run import run_month
from market.subsidies.settle import close_month, reconcile_month, settle_month
from tests.service import Service, serving, settings_for

COUNTY = "130624"
JANUARY = date(2019, 1, 1)
NOW = datetime(2019, 2, 14, 1, 0, tzinfo=UTC)
"""Nine in the morning of the day on which January is closed."""
INPUT = Path(__file__).parents[2] / "story" / "input"
STEPS = ("run", "confirm", "findings", "review", "decide", "settle", "reconcile", "close")
FINDINGS = (
    ("one_identity_two_enrolments", "DX-06", (), ("DX-06",)),
    ("two_operators_one_household", "H14", ("LT-05",), ("DX-06",)),
    ("claim_outside_snapshot", "DX-06", (), ("DX-06",)),
    ("one_device_many_sims", "YD-07;YD-08;YD-09", ("YD-07", "YD-08", "YD-09"), ()),
)
"""(check, subject, lines to pay, lines to stop) as the story's township decides them in January."""
WHO = {
    "run": "gan",
    "confirm": "cun",
    "findings": "zhen",
    "review": "zhen",
    "decide": "xian",
    "settle": "cai",
    "reconcile": "dui",
    "close": "dui",
}


class People(Struct, frozen=True):
    """The story's officials by handle: as they act, and the tokens of their sessions."""

    actors: dict[str, Actor]
    tokens: dict[str, str]


def the_file(name: str) -> bytes:
    """A file of the story's input."""
    return (INPUT / name).read_bytes()


def documents() -> dict[str, bytes]:
    """The documents that the programmes rest on, under the names of the file."""
    return {f"documents/P{number}.txt": the_file(f"documents/P{number}.txt") for number in (1, 2, 3)}


async def sign_in(conn: Connection, handle: str, *, second_factor: bool = True) -> str:
    """Open a session for an official and return its token."""
    actor = await actor_by_handle(conn, handle, day=NOW.date())
    assert actor is not None
    return (await sign_in_without_code(conn, actor.account_id, now=NOW, second_factor=second_factor)).token


async def make_people(db: Database) -> People:
    """Make the story's officials and sign each of them in."""
    actors: dict[str, Actor] = {}
    tokens: dict[str, str] = {}
    async with db.transaction(scope="all") as conn:
        await import_officials(
            conn, county=COUNTY, name="officials.csv", content=the_file("officials.csv"), dry_run=False, now=NOW
        )
        for handle in ("gan", "jiang", "cun", "zhen", "xian", "cai", "dui"):
            actor = await actor_by_handle(conn, handle, day=NOW.date())
            assert actor is not None
            actors[handle] = actor
            tokens[handle] = await sign_in(conn, handle)
    return People(actors, tokens)


async def take_files(db: Database, seal: Seal, people: People) -> None:
    """Take every file of steps 1 to 11 of the story."""
    gan, jiang = people.actors["gan"], people.actors["jiang"]

    def upload(kind: str, name: str) -> Upload:
        return Upload(COUNTY, kind, Path(name).name, the_file(name))

    async with db.transaction(scope=COUNTY) as conn:
        register = upload("register", "register/register-2018-12-20.csv")
        await import_register(conn, gan, register, seal=seal, now=NOW)
        await import_programmes(conn, jiang, upload("programmes", "programmes.json"), documents(), now=NOW)
        await import_plans(conn, jiang, upload("plans", "plans.csv"), now=NOW)
        await import_budget(conn, jiang, upload("budget", "budget.json"), now=NOW)
        for day in ("2018-12-21", "2019-02-01"):
            enrolments = upload("enrolments", f"enrolments/enrolments-{day}.csv")
            await import_enrolments(conn, gan, enrolments, seal=seal, now=NOW)
            await import_bindings(conn, gan, upload("bindings", f"bindings/bindings-{day}.csv"), seal=seal, now=NOW)
        await import_opening(conn, gan, upload("opening", "opening.csv"), now=NOW)
        for operator in ("mobile", "unicom", "telecom"):
            name = f"billing/{operator}-2019-01"
            manifest = read_manifest("manifest", the_file(f"{name}.manifest.json"))
            await import_billing(conn, gan, upload("billing", f"{name}.csv"), manifest, now=NOW)
        await import_usage(conn, gan, upload("usage", "usage/usage-2019-01.csv"), now=NOW)


async def take_january(db: Database, people: People, *, until: str) -> None:
    """Take the steps of January in their order, up to and with `until`, each by its own person."""
    takes: dict[str, Any] = {
        "run": run_month,
        "confirm": confirm_month,
        "review": review_month,
        "decide": decide_month,
        "settle": settle_month,
        "reconcile": reconcile_month,
        "close": close_month,
    }
    for step in STEPS[: STEPS.index(until) + 1]:
        actor = people.actors[WHO[step]]
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
                    now=NOW,
                )


@asynccontextmanager
async def the_service(dsn: str, folder: Path, **more: Any) -> AsyncGenerator[Service]:  # noqa: ANN401 - any setting
    """Lend the service on the day of the story."""
    async with serving(settings_for(dsn, folder, now=NOW, **more)) as service:
        yield service
