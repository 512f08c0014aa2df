"""The tree of commands; what a command needs is imported when it runs."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from market import VERSION

app = App(name="market", version=VERSION, help="乡集: the market and the accounts of the phone subsidies.")
app.command("market.cli.imports:app", name="import")
app.command("market.cli.exports:app", name="export")
app.command("market.cli.subsidies:app", name="subsidies")

ledger = App(name="ledger", help="The double-entry ledger.")
audit = App(name="audit", help="The record of who did what.")
demo = App(name="demo", help="The whole market with sample data.")
accounts = App(name="accounts", help="People who sign in.")
for part in (ledger, audit, demo, accounts):
    app.command(part)

type Json = Annotated[bool, Parameter(name="--json", help="Answer as one JSON value.", negative="")]


@app.command
def serve() -> int:
    """Answer requests until it is told to stop."""
    from market.cli.service import serve as run_service

    return run_service()


@app.command
def worker() -> int:
    """Do the background work until it is told to stop."""
    from market.cli.service import work

    return work()


@app.command
def sandbox(*, port: int = 0, webhook: str = "", state: Path | None = None) -> int:
    """Play the payment provider on this machine, for trials.

    Parameters
    ----------
    port
        Port to listen on; 0 takes a free one.
    webhook
        Address that its messages go to.
    state
        Folder that its charges are kept in.
    """
    from market.cli.service import play_provider

    return play_provider(port=port, webhook=webhook, state=state)


@app.command
def migrate(*, json: Json = False) -> int:
    """Bring the database to this release's schema: an empty market has its divisions and holidays."""
    from market.cli.runtime import run
    from market.cli.service import migrate as bring_up

    return run(bring_up, as_json=json)


@ledger.command(name="verify")
def verify_ledger(*, json: Json = False) -> int:
    """Recompute every invariant of the ledger from its postings; exit 1 where one does not hold."""
    from market.cli.verify import ledger as check

    return check(as_json=json)


@audit.command(name="verify")
def verify_audit(*, json: Json = False) -> int:
    """Recompute every hash of the audit record; exit 1 where one does not fit."""
    from market.cli.verify import audit as check

    return check(as_json=json)


@demo.default
def run_demo() -> int:
    """Start everything on sample data, print its addresses, run until Ctrl-C."""
    from market.demo.run import run as run_all

    return run_all()


@demo.command
def race(
    *, buyers: Annotated[int, Parameter(help="How many rush at once (2 to 1000).")] = 200, json: Json = False
) -> int:
    """Let many buyers rush at 50 boxes, and count from the database what came of it."""
    from market.cli.race import race as run_race
    from market.cli.runtime import run

    return run(lambda: run_race(buyers=buyers, quiet=json), as_json=json)


@accounts.command(name="official")
def make_official(
    handle: str,
    *,
    name: str,
    phone: str,
    role: Annotated[
        list[str], Parameter(help="importer, policy, village, township, county, finance, reconciler, platform")
    ],
    place: Annotated[str, Parameter(help="Division code of 12 digits that the roles hold for.")],
    json: Json = False,
) -> int:
    """Make an official's account; prints the secret for the authenticator app, once."""
    from market.cli.people import official
    from market.cli.runtime import run

    return run(lambda: official(handle, name=name, phone=phone, roles=role, place=place), as_json=json)
