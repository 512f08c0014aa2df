"""The command tree. Each command imports its implementation when it runs."""

from datetime import date
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from market import VERSION

app = App(name="market", version=VERSION, help="乡集: the market and the accounts of the phone subsidies.")
app.command(
    "market.service.commands.imports:app",
    name="import",
    help="Import files of a county: register, programmes, plans, lines, billing, use.",
)
app.command(
    "market.service.commands.exports:app", name="export", help="Write forms and settlement files of a county as XLSX."
)
app.command(
    "market.service.commands.subsidies:app",
    name="subsidies",
    help="The subsidy of phone bills: calculate, the month's steps, reports.",
)
app.command(
    "market.service.commands.counties:app",
    name="counties",
    help="Settings of a county: commission, payment minutes, notice days, thresholds of checks.",
)
app.command(
    "market.service.commands.villages:app",
    name="villages",
    help="Files about villages: changed codes, holidays, and those of each service area.",
)
app.command(
    "market.service.commands.payments:app",
    name="payments",
    help="Money that went wrong: failed refunds, disputes, messages, discrepancies.",
)

ledger = App(name="ledger", help="The double-entry ledger.")
audit = App(name="audit", help="The audit record.")
demo = App(name="demo", help="The whole market with sample data.")
accounts = App(name="accounts", help="Accounts of officials.")
for part in (ledger, audit, demo, accounts):
    app.command(part)

type Json = Annotated[bool, Parameter(name="--json", help="Print the result as one JSON value.", negative="")]


@app.command
def serve() -> int:
    """Serve requests until stopped."""
    from market.service.commands.service import serve_app

    return serve_app()


@app.command
def worker() -> int:
    """Run background jobs until stopped."""
    from market.service.commands.service import run_worker_process

    return run_worker_process()


@app.command
def sandbox(
    *,
    port: Annotated[int, Parameter(validator=Number(gte=0, lte=65535))] = 0,
    webhook: str = "",
    state: Path | None = None,
) -> int:
    """Run a sandbox of the payment provider on this machine, for testing.

    Parameters
    ----------
    port
        Port to listen on; 0 chooses a free one.
    webhook
        URL to send its webhooks to.
    state
        Folder to store its charges in.
    """
    from market.service.commands.service import run_sandbox

    return run_sandbox(port=port, webhook=webhook, state=state)


@app.command
def migrate(*, json: Json = False) -> int:
    """Migrate the database to this release's schema, and load divisions and holidays if it is empty."""
    from market.service.commands.runtime import run
    from market.service.commands.service import migrate_database

    return run(migrate_database, as_json=json)


@app.command
def reseal(*, indexes: bool = False, json: Json = False) -> int:
    """Encrypt stored personal data again under MARKET_SECRET, while MARKET_SECRET_OLD has the secret until now.

    Connects as the owner of the database, as `migrate` does, and may be stopped and repeated.

    Parameters
    ----------
    indexes
        Rewrite the blind indexes too: last, while service and worker are stopped.
    """
    from market.service.commands.reseal import reseal_database
    from market.service.commands.runtime import run

    return run(lambda: reseal_database(indexes=indexes), as_json=json)


@app.command
def refusals(number: str = "", *, json: Json = False) -> int:
    """Print what the number on a page of refusal means; without a number, all of them.

    Parameters
    ----------
    number
        The four digits that a person reads out.
    """
    from market.service.commands.service import print_refusals

    return print_refusals(number, as_json=json)


@ledger.command(name="verify")
def verify_ledger(
    *,
    all_: Annotated[
        bool, Parameter(name="--all", negative="", help="Read all postings, not those since the last run.")
    ] = False,
    json: Json = False,
) -> int:
    """Verify every invariant of the ledger and of the orders from the postings; exit 1 if one is violated."""
    from market.service.commands.verify import verify_ledger as check

    return check(everything=all_, as_json=json)


@ledger.command(name="balances")
def list_ledger_balances(*, prefix: str = "", json: Json = False) -> int:
    """Print what each account of the ledger holds, and their sum, which is zero for all accounts together.

    Parameters
    ----------
    prefix
        Beginning of the accounts' codes, such as `payable:`.
    """
    from market.service.commands.ledger import print_balances

    return print_balances(prefix, as_json=json)


@ledger.command(name="postings")
def list_ledger_postings(*, order: Annotated[int, Parameter(help="Number of the order.")], json: Json = False) -> int:
    """Print the ledger transactions of an order with their legs, oldest first."""
    from market.service.commands.ledger import print_postings

    return print_postings(order, as_json=json)


@audit.command(name="verify")
def verify_audit(*, heads: Path | None = None, new_only: bool = False, json: Json = False) -> int:
    """Verify every hash of the audit record; exit 1 if one does not match.

    Parameters
    ----------
    heads
        File of noted heads (MARKET_AUDIT_HEADS): finds a removed end, a removed chain and a rewritten one.
    new_only
        Read only the entries after the newest noted heads.
    """
    from market.service.commands.verify import verify_audit_record as check

    return check(heads, new_only=new_only, as_json=json)


@audit.command(name="heads")
def list_audit_heads(*, json: Json = False) -> int:
    """Print the newest entry of each chain of the audit record, to be noted elsewhere."""
    from market.service.commands.runtime import run
    from market.service.commands.verify import list_audit_heads as list_heads

    return run(list_heads, as_json=json)


@demo.default
def run_demo() -> int:
    """Start all processes with sample data, print the URLs, and run until Ctrl-C."""
    from market.service.demo.run import run as run_all

    return run_all()


@demo.command
def race(
    *,
    buyers: Annotated[
        int, Parameter(help="Number of concurrent buyers (2 to 1000).", validator=Number(gte=2, lte=1000))
    ] = 200,
    json: Json = False,
) -> int:
    """Have many buyers order 50 boxes at the same time, and count the result in the database."""
    from market.service.commands.race import run_race_with_progress
    from market.service.commands.runtime import run

    return run(lambda: run_race_with_progress(buyers=buyers, quiet=json), as_json=json)


@accounts.command(name="official")
def make_official(
    handle: str,
    *,
    name: str,
    phone: str,
    role: Annotated[
        list[str],
        Parameter(
            help="importer, policy, village, township, county, finance, reconciler, platform, supervisor or auditor"
        ),
    ],
    place: Annotated[str, Parameter(help="Division code of 12 digits that the roles are granted for.")],
    identity: Annotated[str | None, Parameter(help="Identity number; a terminal asks for it.")] = None,
    last: Annotated[
        date | None, Parameter(help="Last day of an auditor's role, 2026-12-31; by default after 180 days.")
    ] = None,
    json: Json = False,
) -> int:
    """Create an official's account; prints the secret for the authenticator app once."""
    from market.service.commands.officials import create_official_account
    from market.service.commands.runtime import run

    return run(
        lambda: create_official_account(
            handle, name=name, phone=phone, roles=role, place=place, identity=identity, last=last
        ),
        as_json=json,
    )


@accounts.command(name="operator")
def make_operator(
    handle: str,
    *,
    name: str,
    phone: str,
    operator: Annotated[str, Parameter(help="mobile, unicom or telecom")],
    place: Annotated[list[str], Parameter(help="Code of a county, or of a wider division; may be repeated.")],
    identity: Annotated[str | None, Parameter(help="Identity number; a terminal asks for it.")] = None,
    json: Json = False,
) -> int:
    """Create an account that sends an operator's files; prints the secret for the authenticator app once."""
    from market.service.commands.officials import create_operator_account
    from market.service.commands.runtime import run

    return run(
        lambda: create_operator_account(
            handle, name=name, phone=phone, operator=operator, places=place, identity=identity
        ),
        as_json=json,
    )


@accounts.command(name="operators")
def list_operators(*, place: str = "", json: Json = False) -> int:
    """List the accounts that send operators' files, of one division or of all.

    Parameters
    ----------
    place
        Division code; accounts of its parts and of wider divisions are listed too.
    """
    from market.service.commands.officials import list_operator_accounts
    from market.service.commands.runtime import run

    return run(lambda: list_operator_accounts(place), as_json=json)


@accounts.command(name=["end", "revoke"])
def revoke_official(handle: str, *, json: Json = False) -> int:
    """End every role of an official, or an operator's account, and sign it out everywhere."""
    from market.service.commands.officials import revoke_official_account
    from market.service.commands.runtime import run

    return run(lambda: revoke_official_account(handle), as_json=json)


@accounts.command(name="list")
def list_officials(*, place: str = "", json: Json = False) -> int:
    """List the officials with a role today, of one division or of all: roles, second factor, last use.

    Parameters
    ----------
    place
        Division code; officials of its parts and of wider divisions are listed too.
    """
    from market.service.commands.officials import list_official_accounts
    from market.service.commands.runtime import run

    return run(lambda: list_official_accounts(place), as_json=json)


@accounts.command(name="move")
def move_official(
    handle: str,
    *,
    place: Annotated[str, Parameter(help="Division code that the roles are granted for from today on.")],
    role: Annotated[list[str] | None, Parameter(help="Roles there; by default the roles until now.")] = None,
    json: Json = False,
) -> int:
    """Move an official to another division or other roles, and sign the account out everywhere."""
    from market.service.commands.officials import move_official_account
    from market.service.commands.runtime import run

    return run(lambda: move_official_account(handle, place=place, roles=role or []), as_json=json)


@accounts.command(name="data")
def export_person(
    phone: str,
    *,
    out: Annotated[Path, Parameter(help="File to write; an existing file is replaced.")],
    json: Json = False,
) -> int:
    """Write what the market holds about the account of a phone, as JSON, at that person's request."""
    from market.service.commands.persons import export_person
    from market.service.commands.runtime import run

    return run(lambda: export_person(phone, out=out), as_json=json)


@accounts.command(name="close")
def close_person(phone: str, *, json: Json = False) -> int:
    """Close the account of a phone and erase name, phone and addresses, at that person's request; for good."""
    from market.service.commands.persons import close_person
    from market.service.commands.runtime import run

    return run(lambda: close_person(phone), as_json=json)


@accounts.command(name="name")
def correct_person_name(
    phone: str,
    *,
    name: str,
    reason: Annotated[str, Parameter(help="Why, and which document was seen; recorded.")],
    json: Json = False,
) -> int:
    """Correct the verified name of a person who sells; they are told, and enter their payout account again."""
    from market.service.commands.persons import correct_person_name
    from market.service.commands.runtime import run

    return run(lambda: correct_person_name(phone, name=name, reason=reason), as_json=json)


@accounts.command(name="factor")
def reset_second_factor(handle: str, *, json: Json = False) -> int:
    """Replace an official's second factor, as for a lost phone; prints the new secret once."""
    from market.service.commands.officials import reset_official_factor
    from market.service.commands.runtime import run

    return run(lambda: reset_official_factor(handle), as_json=json)
