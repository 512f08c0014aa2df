"""Run the import of a file by its kind; API, command line and desk call this."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from msgspec import Struct

from market.identity.models import Actor
from market.kernel import Connection
from market.kernel.seal import Seal
from market.subsidies.imports.billing import import_billing, read_manifest
from market.subsidies.imports.bindings import import_bindings
from market.subsidies.imports.budget import import_budget
from market.subsidies.imports.documents import match_documents
from market.subsidies.imports.enrolments import import_enrolments
from market.subsidies.imports.opening import import_opening
from market.subsidies.imports.plans import import_plans
from market.subsidies.imports.register import import_register
from market.subsidies.imports.upload import ImportResult, Upload
from market.subsidies.imports.usage import import_usage
from market.subsidies.programmes.import_programmes import import_programmes


class ImportContext(Struct, frozen=True, kw_only=True):
    """What an import needs besides its file; `attachments` are the attached files by name."""

    seal: Seal
    now: datetime
    attachments: Mapping[str, bytes]


type _Function = Callable[[Connection, Actor | None, Upload, ImportContext], Awaitable[ImportResult]]


async def run_import(conn: Connection, actor: Actor | None, upload: Upload, context: ImportContext) -> ImportResult:
    """Import a file of a kind of `IMPORT_KINDS`. The caller owns the transaction.

    Raises:
        FileUnreadable: the manifest of a billing file cannot be read.
        Refusal: see the function of the kind.
    """
    return await FUNCTIONS[upload.kind](conn, actor, upload, context)


async def _import_programmes(
    conn: Connection, actor: Actor | None, upload: Upload, context: ImportContext
) -> ImportResult:
    documents = match_documents(upload.content, context.attachments)
    return await import_programmes(conn, actor, upload, documents, now=context.now)


async def _import_billing(
    conn: Connection, actor: Actor | None, upload: Upload, context: ImportContext
) -> ImportResult:
    manifest = next((read_manifest(name, content) for name, content in context.attachments.items()), None)
    return await import_billing(conn, actor, upload, manifest, now=context.now)


FUNCTIONS: dict[str, _Function] = {
    "register": lambda conn, actor, upload, context: import_register(
        conn, actor, upload, seal=context.seal, now=context.now
    ),
    "programmes": _import_programmes,
    "plans": lambda conn, actor, upload, context: import_plans(conn, actor, upload, now=context.now),
    "budget": lambda conn, actor, upload, context: import_budget(conn, actor, upload, now=context.now),
    "enrolments": lambda conn, actor, upload, context: import_enrolments(
        conn, actor, upload, seal=context.seal, now=context.now
    ),
    "bindings": lambda conn, actor, upload, context: import_bindings(
        conn, actor, upload, seal=context.seal, now=context.now
    ),
    "opening": lambda conn, actor, upload, context: import_opening(conn, actor, upload, now=context.now),
    "billing": _import_billing,
    "usage": lambda conn, actor, upload, context: import_usage(conn, actor, upload, now=context.now),
}
"""The function of each kind."""
