"""Run the import of a file by its kind; API, command line and desk call this."""

from collections.abc import Awaitable, Callable

from market.kernel import Connection
from market.people.identity.models import Actor
from market.subsidies.imports.billing import import_billing
from market.subsidies.imports.bindings import import_bindings
from market.subsidies.imports.budget import import_budget
from market.subsidies.imports.enrolments import import_enrolments
from market.subsidies.imports.lists import import_lists
from market.subsidies.imports.opening import import_opening
from market.subsidies.imports.plans import import_plans
from market.subsidies.imports.register import import_register
from market.subsidies.imports.upload import ImportResult, PreparedUpload
from market.subsidies.imports.usage import import_usage
from market.subsidies.programmes.import_programmes import import_programmes
from market.subsidies.reconciliation.import_returns import import_return

type _Function = Callable[[Connection, Actor | None, PreparedUpload], Awaitable[ImportResult]]


async def run_import(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import a file of a kind of `IMPORT_KINDS`, after `prepare_upload`. The caller owns the transaction.

    Raises:
        FileUnreadable: the manifest of a billing file cannot be read.
        Refusal: see the function of the kind.
    """
    return await FUNCTIONS[upload.kind](conn, actor, upload)


FUNCTIONS: dict[str, _Function] = {
    "register": import_register,
    "programmes": import_programmes,
    "plans": import_plans,
    "budget": import_budget,
    "enrolments": import_enrolments,
    "bindings": import_bindings,
    "opening": import_opening,
    "billing": import_billing,
    "usage": import_usage,
    "lists": import_lists,
    "return": import_return,
}
"""The function of each kind."""
