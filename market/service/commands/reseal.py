"""Replace the secret: encrypt every sealed column again under MARKET_SECRET, and rewrite its blind indexes."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from msgspec import Struct

from market.cases.casework.moves import REASON_CONTEXT, TEXT_CONTEXT
from market.catalogue.bookings.host_nights import GUEST_CONTEXT
from market.catalogue.bookings.transitions import CODE_CONTEXT
from market.catalogue.producers.models import CERTIFICATE_NUMBER_CONTEXT
from market.catalogue.slots.seats import NAME_CONTEXT as SEAT_NAME_CONTEXT
from market.catalogue.slots.seats import NAME_PREFIX
from market.kernel import Refusal
from market.kernel.idempotency import RESPONSE_CONTEXT
from market.kernel.seal import Seal, UnsealError, derive_seal
from market.kernel.text import fold_identifier, fold_text
from market.people.audit.record import add_audit_entry
from market.people.identity.officials import IDENTITY_CONTEXT as ACCOUNT_IDENTITY_CONTEXT
from market.people.identity.person_keys import PERSON_KEY_CONTEXT
from market.people.identity.second_factor import TOTP_CONTEXT
from market.people.identity.sign_in import PHONE_CONTEXT
from market.people.notify.queue import FACTS_CONTEXT
from market.people.notify.queue import PHONE_CONTEXT as MESSAGE_PHONE_CONTEXT
from market.sales.aftersales.goods_return_views import RETURN_ADDRESS_CONTEXT
from market.sales.conversations.write import TEXT_CONTEXT as CONVERSATION_CONTEXT
from market.sales.invoices.requests import EMAIL_CONTEXT, TAX_NUMBER_CONTEXT, TITLE_CONTEXT
from market.sales.orders.address import ADDRESS_CONTEXT
from market.sales.payouts.account import PAYOUT_NUMBER_CONTEXT
from market.sales.pickups.view import CODE_CONTEXT as PICKUP_CODE_CONTEXT
from market.sales.visits.guest_register import STAY_GUEST_CONTEXT
from market.service.commands.runtime import open_runtime
from market.subsidies.agreements.agreements import AGREEMENT_DOCUMENT_CONTEXT
from market.subsidies.bank_accounts.accounts import BANK_NUMBER_CONTEXT
from market.subsidies.clawbacks.views import ENTRY_NOTE_CONTEXT, STATEMENT_CONTEXT
from market.subsidies.clawbacks.views import OPINION_CONTEXT as CLAWBACK_OPINION_CONTEXT
from market.subsidies.clawbacks.views import REASON_CONTEXT as CLAWBACK_REASON_CONTEXT
from market.subsidies.evidence.seal_pack import PACK_CONTEXT
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.idle.calls import CALL_NOTE_CONTEXT
from market.subsidies.imports.binding_facts import BINDING_IDENTITY_CONTEXT
from market.subsidies.imports.enrolments import (
    AGENT_IDENTITY_CONTEXT,
    ASSESSOR_IDENTITY_CONTEXT,
    ENROLMENT_IDENTITY_CONTEXT,
)
from market.subsidies.imports.lists import LISTED_IDENTITY_CONTEXT, LISTED_VALUE_CONTEXT
from market.subsidies.imports.originals import ORIGINAL_CONTEXT
from market.subsidies.intake.consents import CONSENT_PHOTO_CONTEXT
from market.subsidies.intake.views import OPINION_CONTEXT, PERSON_IDENTITY_CONTEXT, PERSON_NAME_CONTEXT
from market.subsidies.lines.pauses import PAUSE_END_CONTEXT, PAUSE_NOTE_CONTEXT
from market.subsidies.lines.views import CHANGE_DETAILS_CONTEXT, CHANGE_NOTE_CONTEXT, CHANGE_REASON_CONTEXT
from market.subsidies.month.store_run import CASE_CONTEXT
from market.subsidies.operators.notes import NOTE_CONTEXT
from market.subsidies.operators.rejected import REJECTED_CONTEXT
from market.subsidies.reconciliation.settlement_files import SETTLEMENT_FILE_CONTEXT
from market.subsidies.register.queries import IDENTITY_CONTEXT, NAME_CONTEXT
from market.subsidies.tasks.outcome import OUTCOME_CONTEXT
from market.villages.benefits.views import HOUSEHOLD_PHONE_CONTEXT
from market.villages.content.stories import STORY_NAME_CONTEXT, STORY_PHONE_CONTEXT
from payments.hosts import connect_to_primary
from payments.sql import prepare_connection

_CHUNK = 500


class NoOldSecret(Refusal):
    """The indexes are rewritten only with both secrets."""

    code = "no_old_secret"
    status = 422
    zh = "请同时设置 MARKET_SECRET（新）和 MARKET_SECRET_OLD（旧）。"
    en = "Set MARKET_SECRET (new) and MARKET_SECRET_OLD (old)."


class SecretUnknown(Refusal):
    """A value opens under neither secret."""

    code = "secret_unknown"
    status = 422
    zh = (
        "{column} 里有一个值，MARKET_SECRET 和 MARKET_SECRET_OLD 都打不开：旧密钥不对。前面的已经换好，改对以后再运行。"
    )
    en = "A value of {column} opens under neither MARKET_SECRET nor MARKET_SECRET_OLD. What was before it is done."


class SealedColumn(Struct, frozen=True):
    """An encrypted column: its table and key, the context it is bound to, and its blind index if it has one.

    `plain` is the column that an earlier release wrote in clear; `index_prefix` begins the indexed text, and `fold`
    returns the form in which values are compared.
    """

    table: str
    column: str
    context: str
    key: tuple[str, ...] = ("id",)
    index: str | None = None
    plain: str | None = None
    index_prefix: str = ""
    fold: Callable[[str], str] = str


SEALED_COLUMNS = (
    SealedColumn("accounts", "phone_sealed", PHONE_CONTEXT, index="phone_index"),
    SealedColumn("accounts", "identity_sealed", ACCOUNT_IDENTITY_CONTEXT, index="identity_index"),
    SealedColumn("accounts", "totp_sealed", TOTP_CONTEXT),
    SealedColumn("story_people", "name_sealed", STORY_NAME_CONTEXT, key=("story_id", "position")),
    SealedColumn(
        "story_people", "phone_sealed", STORY_PHONE_CONTEXT, key=("story_id", "position"), index="phone_index"
    ),
    SealedColumn("benefits.households", "phone_sealed", HOUSEHOLD_PHONE_CONTEXT, index="phone_index"),
    SealedColumn("persons", "identity_sealed", IDENTITY_CONTEXT, index="identity_index"),
    SealedColumn("persons", "name_sealed", NAME_CONTEXT),
    SealedColumn("fact_versions", "name_sealed", NAME_CONTEXT),
    SealedColumn("enrolments", "identity_sealed", ENROLMENT_IDENTITY_CONTEXT, key=("county_code", "line_code")),
    SealedColumn(
        "enrolments",
        "agent_identity_sealed",
        AGENT_IDENTITY_CONTEXT,
        key=("county_code", "line_code"),
        index="agent_identity_index",
    ),
    SealedColumn(
        "enrolments",
        "assessor_identity_sealed",
        ASSESSOR_IDENTITY_CONTEXT,
        key=("county_code", "line_code"),
        index="assessor_identity_index",
    ),
    SealedColumn(
        "bindings", "identity_sealed", BINDING_IDENTITY_CONTEXT, key=("county_code", "line_code", "valid_during")
    ),
    SealedColumn("listed_facts", "identity_sealed", LISTED_IDENTITY_CONTEXT, index="identity_index"),
    SealedColumn("listed_facts", "value_sealed", LISTED_VALUE_CONTEXT, index="value_index", fold=fold_text),
    SealedColumn(
        "lead_persons", "identity_sealed", PERSON_IDENTITY_CONTEXT, key=("lead_id", "position"), index="identity_index"
    ),
    SealedColumn("lead_persons", "name_sealed", PERSON_NAME_CONTEXT, key=("lead_id", "position")),
    SealedColumn("lead_steps", "opinion_sealed", OPINION_CONTEXT),
    SealedColumn("idle_calls", "note_sealed", CALL_NOTE_CONTEXT),
    SealedColumn("enrolment_pauses", "note_sealed", PAUSE_NOTE_CONTEXT),
    SealedColumn("enrolment_pauses", "end_note_sealed", PAUSE_END_CONTEXT),
    SealedColumn("line_changes", "details_sealed", CHANGE_DETAILS_CONTEXT),
    SealedColumn("line_changes", "note_sealed", CHANGE_NOTE_CONTEXT),
    SealedColumn("line_changes", "reason_sealed", CHANGE_REASON_CONTEXT),
    SealedColumn("file_notes", "text_sealed", NOTE_CONTEXT, key=("file_id", "position"), plain="text"),
    SealedColumn("certificates", "number_sealed", CERTIFICATE_NUMBER_CONTEXT, index="number_index", plain="number"),
    SealedColumn("payout_accounts", "number_sealed", PAYOUT_NUMBER_CONTEXT),
    SealedColumn("clawbacks", "reason_sealed", CLAWBACK_REASON_CONTEXT),
    SealedColumn("clawbacks", "statement_sealed", STATEMENT_CONTEXT),
    SealedColumn("clawbacks", "opinion_sealed", CLAWBACK_OPINION_CONTEXT),
    SealedColumn("clawback_entries", "note_sealed", ENTRY_NOTE_CONTEXT),
    SealedColumn("operator_bank_accounts", "number_sealed", BANK_NUMBER_CONTEXT),
    SealedColumn("conversation_messages", "text_sealed", CONVERSATION_CONTEXT, key=("suborder_id", "position")),
    SealedColumn("identifiers", "value_sealed", IDENTIFIER_CONTEXT, index="value_index", fold=fold_identifier),
    SealedColumn("orders", "address_sealed", ADDRESS_CONTEXT),
    SealedColumn("bookings", "code_sealed", CODE_CONTEXT, index="code_hash", index_prefix="check-in:"),
    SealedColumn(
        "slot_reservations",
        "name_sealed",
        SEAT_NAME_CONTEXT,
        index="name_index",
        index_prefix=NAME_PREFIX,
        fold=fold_text,
    ),
    SealedColumn("slot_reservations", "code_sealed", CODE_CONTEXT, index="code_hash", index_prefix="check-in:"),
    SealedColumn("taken_nights", "guest_sealed", GUEST_CONTEXT, key=("room_id", "nights")),
    SealedColumn("stay_guests", "guest_sealed", STAY_GUEST_CONTEXT),
    SealedColumn("messages", "phone_sealed", MESSAGE_PHONE_CONTEXT, index="phone_index"),
    SealedColumn("messages", "facts_sealed", FACTS_CONTEXT),
    SealedColumn("cases", "text_sealed", TEXT_CONTEXT),
    SealedColumn("case_events", "reason_sealed", REASON_CONTEXT),
    SealedColumn("mediations", "refused_sealed", REASON_CONTEXT, key=("case_id",)),
    SealedColumn(
        "pickups", "code_sealed", PICKUP_CODE_CONTEXT, key=("suborder_id",), index="code_hash", index_prefix="pickup:"
    ),
    SealedColumn("goods_returns", "address_sealed", RETURN_ADDRESS_CONTEXT, key=("case_id",)),
    SealedColumn("invoice_requests", "title_sealed", TITLE_CONTEXT, key=("suborder_id",)),
    SealedColumn("invoice_requests", "tax_number_sealed", TAX_NUMBER_CONTEXT, key=("suborder_id",)),
    SealedColumn("invoice_requests", "email_sealed", EMAIL_CONTEXT, key=("suborder_id",)),
    SealedColumn("tasks", "outcome_sealed", OUTCOME_CONTEXT),
    SealedColumn("idempotency_keys", "response", RESPONSE_CONTEXT, key=("actor", "key")),
)
SEALED_FILES = (
    SealedColumn("person_keys", "key_sealed", PERSON_KEY_CONTEXT, key=("account_id",)),
    SealedColumn("agreements", "document_sealed", AGREEMENT_DOCUMENT_CONTEXT),
    SealedColumn("lead_consents", "photo_sealed", CONSENT_PHOTO_CONTEXT),
    SealedColumn("rejected_rows", "content_sealed", REJECTED_CONTEXT, key=("file_id",)),
    SealedColumn("import_originals", "content_sealed", ORIGINAL_CONTEXT, key=("file_id", "attached", "name")),
    SealedColumn("evidence_packs", "content_sealed", PACK_CONTEXT, key=("cycle_id",)),
    SealedColumn("case_snapshots", "case_sealed", CASE_CONTEXT, key=("county_code", "manifest_sha256")),
    SealedColumn("settlement_files", "content_sealed", SETTLEMENT_FILE_CONTEXT, key=("cycle_id", "operator")),
)
"""Columns of bytes rather than text: keys, and files, a row of which may have megabytes."""
INDEX_COPIES = (
    ("enrolments", "identity_index"),
    ("bindings", "identity_index"),
    ("cycle_duties", "person_key"),
    ("producer_steps", "person_key"),
    ("lead_steps", "person_key"),
    ("line_changes", "reported_person"),
    ("line_changes", "decided_person"),
    ("enrolment_pauses", "paused_person"),
    ("enrolment_pauses", "ended_person"),
    ("agreements", "proposed_person"),
    ("agreements", "decided_person"),
    ("terms_approvals", "person_key"),
    ("clawbacks", "proposed_person"),
    ("clawbacks", "decided_person"),
    ("clawback_entries", "recorded_person"),
    ("clawback_entries", "decided_person"),
    ("operator_bank_accounts", "entered_person"),
    ("operator_bank_accounts", "decided_person"),
)
"""Blind indexes of identity numbers in columns that have no index of their own in `SEALED_COLUMNS`."""
_IDENTITIES_OF_FACTS = ("identity_index", "agent_identity_index", "assessor_identity_index")
"""The same, in the facts that were replaced."""
_VERSIONED = frozenset({"persons", "enrolments", "bindings"})
"""Tables whose changed rows are kept as evidence; another index of the same number is no change."""


async def reseal_database(*, indexes: bool) -> dict[str, object]:
    """Encrypt again what is not encrypted under MARKET_SECRET; with `indexes` rewrite the blind indexes as well.

    Works in transactions of 500 rows beside a running service and skips rows that are done, so that it may be stopped
    and started again. Indexes are found under one key: stop service and worker before `indexes`.

    Raises:
        NoOldSecret: `indexes` without MARKET_SECRET_OLD.
        SecretUnknown: a value opens under neither secret; what was done before it stays done.
    """
    async with open_runtime() as ctx:
        settings = ctx.settings
        if indexes and not settings.secret_old:
            raise NoOldSecret
        seal = derive_seal(settings.get_or_create_secret(), settings.secret_old, reindex=indexes)
        conn = await connect_to_primary(ctx.owner_dsn)
        try:
            await prepare_connection(conn)
            if indexes:
                await _collect_identities(conn, seal, derive_seal(settings.secret_old))
            counts: dict[str, int] = {}
            for each in (*SEALED_COLUMNS, *SEALED_FILES):
                name = f"{each.table}.{each.column}"
                try:
                    if each in SEALED_FILES:
                        counts[name] = await _reseal_files(conn, seal, each)
                    else:
                        counts[name] = await _reseal(conn, seal, each, indexes=indexes)
                except UnsealError as error:
                    raise SecretUnknown(column=name) from error
            if indexes:
                counts |= await _replace_copied_indexes(conn)
            detail: dict[str, object] = {"indexes": indexes, "rows": sum(counts.values())}
            now = ctx.clock.now()
            await add_audit_entry(
                conn, actor="command line", action="secret.reseal", object="secret", detail=detail, now=now
            )
        finally:
            await conn.close()
    changed = {name: count for name, count in counts.items() if count}
    return {"outcome": "ok" if changed else "no-op", "rows": changed}


async def _reseal(conn: "asyncpg.Connection[Any]", seal: Seal, target: SealedColumn, *, indexes: bool) -> int:
    """Seal and index one column again, in chunks by its key; return how many rows changed."""
    done, last = 0, None
    while True:
        async with conn.transaction():
            rows = await _read_chunk(conn, target, last)
            changes = [
                change for row in rows if (change := _change_row(seal, target, row, indexes=indexes)) is not None
            ]
            async with _without_versions(conn, target.table, wanted=indexes and bool(changes)):
                await _write_chunk(conn, target, changes, indexes=indexes)
        done += len(changes)
        if len(rows) < _CHUNK:
            return done
        last = tuple(rows[-1][name] for name in target.key)


async def _reseal_files(conn: "asyncpg.Connection[Any]", seal: Seal, target: SealedColumn) -> int:
    """Seal bytes again, one row at a time because each may be large; return how many rows changed.

    A row without bytes stays: a consent on the page has no photo. One that was deleted meanwhile is passed over.
    """
    table, column, context = target.table, target.column, target.context
    where = "WHERE " + " AND ".join(f"{name} = ${n}" for n, name in enumerate(target.key, 1))
    renew = f"UPDATE {table} SET {column} = ${len(target.key) + 1} {where}"
    done = 0
    for key in await conn.fetch(f"SELECT {', '.join(target.key)} FROM {table} WHERE {column} IS NOT NULL"):
        sealed = await conn.fetchval(f"SELECT {column} FROM {table} {where}", *key)
        if sealed is not None and not seal.is_current(sealed, context):
            renewed = seal.seal_bytes(seal.open_bytes(sealed, context), context)
            await conn.execute(renew, *key, renewed)
            done += 1
    return done


async def _read_chunk(
    conn: "asyncpg.Connection[Any]", target: SealedColumn, last: tuple[Any, ...] | None
) -> list[asyncpg.Record]:
    columns = ", ".join([*target.key, target.column, *(name for name in (target.index, target.plain) if name)])
    key, values = ", ".join(target.key), ", ".join(f"${n}" for n in range(1, len(target.key) + 1))
    wanted = f"({target.column} <> ''" + (f" OR {target.plain} <> '')" if target.plain else ")")
    after = f" AND ({key}) > ({values})" if last else ""
    text = f"SELECT {columns} FROM {target.table} WHERE {wanted}{after} ORDER BY {key} LIMIT {_CHUNK}"
    return list(await conn.fetch(text, *(last or ())))


def _change_row(seal: Seal, target: SealedColumn, row: asyncpg.Record, *, indexes: bool) -> tuple[Any, ...] | None:
    """Return the new values of a row, followed by its key and the value it must still have, or None if it is done."""
    sealed: bytes | None = row[target.column]
    text = str(row[target.plain or target.column]) if sealed is None else seal.open(sealed, target.context)
    current = sealed if sealed is not None and seal.is_current(sealed, target.context) else None
    index = row[target.index] if target.index else None
    if target.index and (indexes or sealed is None):
        index = seal.index(target.index_prefix + target.fold(text))
    if current is not None and (target.index is None or index == row[target.index]):
        return None
    return (current or seal.seal(text, target.context), index, *(row[name] for name in target.key), sealed)


async def _write_chunk(
    conn: "asyncpg.Connection[Any]", target: SealedColumn, changes: list[tuple[Any, ...]], *, indexes: bool
) -> None:
    """Write the rows that were not changed by others since they were read.

    An index that stays is not assigned: triggers of a changed telephone would lock in another order than the service.
    """
    keys = " AND ".join(f"{name} = ${n}" for n, name in enumerate(target.key, 3))
    writes_index = target.index and (indexes or target.plain)
    assignments = f"{target.column} = $1" + (f", {target.index} = $2" if writes_index else "")
    assignments += f", {target.plain} = ''" if target.plain else ""
    condition = f"{keys} AND {target.column} IS NOT DISTINCT FROM ${3 + len(target.key)}"
    if not writes_index:
        condition += f" AND {target.index or 'NULL::bytea'} IS NOT DISTINCT FROM $2"
    await conn.executemany(f"UPDATE {target.table} SET {assignments} WHERE {condition}", changes)


@asynccontextmanager
async def _without_versions(conn: "asyncpg.Connection[Any]", table: str, *, wanted: bool) -> AsyncGenerator[None]:
    """Keep no versions of the rows that this transaction changes; a transaction that fails has changed nothing."""
    if not wanted or table not in _VERSIONED:
        yield
        return
    await conn.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_keep_changed")
    yield
    await conn.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_keep_changed")


async def _collect_identities(conn: "asyncpg.Connection[Any]", seal: Seal, earlier: Seal) -> None:
    """Note the old and new index of every identity number that is stored, of the register or not.

    Both are computed, so that a rotation that was stopped continues where it was.
    """
    await conn.execute("CREATE TEMPORARY TABLE identities (old bytea PRIMARY KEY, new bytea NOT NULL)")
    numbers: set[str] = set()
    for target in SEALED_COLUMNS:
        if target.column.endswith("identity_sealed"):
            column, index = target.column, target.column.replace("_sealed", "_index")
            rows = await conn.fetch(f"SELECT DISTINCT ON ({index}) {column} FROM {target.table} WHERE {column} <> ''")
            numbers |= {seal.open(row[0], target.context) for row in rows}
    await conn.copy_records_to_table(
        "identities", records=[(earlier.index(number), seal.index(number)) for number in sorted(numbers)]
    )


async def _replace_copied_indexes(conn: "asyncpg.Connection[Any]") -> dict[str, int]:
    """Rewrite the indexes of persons where they are copied: in columns, and in the facts that were replaced."""
    counts: dict[str, int] = {}
    for table, column in INDEX_COPIES:
        async with conn.transaction(), _without_versions(conn, table, wanted=True):
            tag = await conn.execute(
                f"UPDATE {table} t SET {column} = i.new FROM identities i WHERE t.{column} = i.old"
            )
        counts[f"{table}.{column}"] = int(tag.rpartition(" ")[2])
    async with conn.transaction():
        await conn.execute("ALTER TABLE fact_versions DISABLE TRIGGER fact_versions_append_only")
        changed = 0
        for key in _IDENTITIES_OF_FACTS:
            tag = await conn.execute(
                f"UPDATE fact_versions SET facts = jsonb_set(facts, '{{{key}}}', to_jsonb('\\x' || encode(new, 'hex')))"
                f" FROM identities WHERE facts ->> '{key}' = '\\x' || encode(old, 'hex')"
            )
            changed += int(tag.rpartition(" ")[2])
        await conn.execute("ALTER TABLE fact_versions ENABLE TRIGGER fact_versions_append_only")
    counts["fact_versions.facts"] = changed
    return counts
