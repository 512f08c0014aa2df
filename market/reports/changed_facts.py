"""Facts that were changed or added under a finding: old and new value, by whom, when, and from which file or lead."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.reports.line import mask_number
from market.subsidies.identifiers import IDENTIFIER_CONTEXT

MAX_CHANGES = 500


class FactChange(Struct, frozen=True):
    """A changed value of a fact; `new` is empty if it or the fact was removed, `by` if neither file nor lead did it.

    A fact that was added has no `field` and no values.

    Numbers, SIMs and devices are masked, or empty if they were loaded without a seal. Identities are always empty.
    """

    finding_id: UUID
    fact: str
    subject: str
    field: str
    old: str
    new: str
    file: str
    by: str
    changed_at: datetime


class _StoredChange(Struct, frozen=True):
    finding_id: UUID
    fact: str
    subject: str
    field: str
    old: str
    new: str
    old_sealed: bytes | None
    new_sealed: bytes | None
    file: str
    by: str
    changed_at: datetime


# A fact was as in its first version after the finding, or the line in it, was last seen. One that has no such version
# and is of a later file was added.
LIST_FACT_CHANGES = Query(
    _StoredChange,
    """
    WITH changed AS MATERIALIZED (
        SELECT f.id AS finding_id, f.county_code, l.lines, l.since
          FROM findings f
          CROSS JOIN LATERAL (
                SELECT array_agg(line_code) AS lines, min(coalesce(changed_after, f.seen_at, f.opened_at)) AS since
                  FROM finding_lines WHERE finding_id = f.id AND (f.seen_in = '{}' OR changed_after IS NOT NULL)) AS l
         WHERE f.county_code = :county AND f.id = ANY(:ids::uuid[])),
    versions AS MATERIALIZED (
        SELECT DISTINCT ON (f.finding_id, v.fact, v.subject, key) f.finding_id, v.*, key,
               find_current_fact(v.county_code, v.fact, v.facts) AS current
          FROM changed f
          CROSS JOIN LATERAL list_replaced_facts(f.county_code, f.lines, f.since) AS v
          CROSS JOIN LATERAL (SELECT coalesce(v.facts ->> 'id', '') || coalesce(v.facts ->> 'kind', '')
                                     || coalesce(lower((v.facts ->> 'valid_during')::daterange)::text, '')
                                     || coalesce(v.facts ->> 'month', '') || coalesce(v.facts ->> 'corrects_month', '')
                      ) AS k(key)
         ORDER BY f.finding_id, v.fact, v.subject, key, v.id)
    SELECT v.finding_id, v.fact, v.subject, CASE WHEN sealed THEN split_part(o.key, '_', 1) ELSE o.key END AS field,
           CASE WHEN hidden OR sealed THEN '' ELSE coalesce(o.value, '') END AS old,
           CASE WHEN hidden OR sealed THEN '' ELSE coalesce(v.current ->> o.key, '') END AS new,
           before.value_sealed AS old_sealed, after.value_sealed AS new_sealed,
           coalesce(i.name, '线索 ' || d.number, '') AS file, coalesce(a.name, s.name, '') AS by,
           v.replaced_at AS changed_at
      FROM versions v
      CROSS JOIN LATERAL jsonb_each_text(
            v.facts - '{file_id,lead_id,row_number,read_at,read_by,number_key,decided}'::text[]) AS o
      CROSS JOIN LATERAL (
            SELECT o.key IN ('number_id', 'device_id', 'sim_id') AS sealed,
                   o.key IN ('identity_index', 'agent_identity_index', 'assessor_identity_index') AS hidden) AS k
      LEFT JOIN identifiers before ON before.id = CASE WHEN sealed THEN o.value::bigint END
      LEFT JOIN identifiers after ON after.id = CASE WHEN sealed THEN (v.current ->> o.key)::bigint END
      LEFT JOIN import_files i ON i.id = v.replaced_by
      LEFT JOIN accounts a ON a.id = i.account_id
      LEFT JOIN leads d ON d.id = v.replaced_by_lead
      LEFT JOIN lead_steps t ON t.lead_id = d.id AND t.step = 'decide'
      LEFT JOIN accounts s ON s.id = t.account_id
     WHERE o.value IS DISTINCT FROM v.current ->> o.key
     UNION ALL
    SELECT f.finding_id, a.fact, a.subject, '', '', '', NULL, NULL, coalesce(i.name, '线索 ' || d.number), o.name,
           coalesce(i.imported_at, d.decided_at)
      FROM changed f
      CROSS JOIN LATERAL list_added_facts(f.county_code, f.lines, f.since) AS a
      LEFT JOIN import_files i ON i.id = a.file_id
      LEFT JOIN leads d ON d.id = a.lead_id
      LEFT JOIN lead_steps t ON t.lead_id = d.id AND t.step = 'decide'
      JOIN accounts o ON o.id = coalesce(i.account_id, t.account_id)
     WHERE NOT EXISTS (SELECT FROM versions v
                        WHERE v.finding_id = f.finding_id AND v.fact = a.fact AND v.subject = a.subject
                          AND v.key = coalesce(a.facts ->> 'id', '') || coalesce(a.facts ->> 'kind', '')
                                      || coalesce(lower((a.facts ->> 'valid_during')::daterange)::text, ''))
     ORDER BY finding_id, changed_at, fact, subject, field
     LIMIT :limit
    """,
)


async def list_fact_changes(
    conn: Connection, seal: Seal, county: str, ids: Sequence[UUID]
) -> dict[UUID, list[FactChange]]:
    """Return what was changed or added under some findings since a run last saw them, at most 500 values."""
    by_finding: dict[UUID, list[FactChange]] = {}
    for stored in await LIST_FACT_CHANGES.all(conn, county=county, ids=list(ids), limit=MAX_CHANGES):
        change = build_from(FactChange, stored)
        if stored.old_sealed or stored.new_sealed:
            old, new = _unseal_masked(seal, stored.old_sealed), _unseal_masked(seal, stored.new_sealed)
            change = structs.replace(change, old=old, new=new)
        by_finding.setdefault(change.finding_id, []).append(change)
    return by_finding


def _unseal_masked(seal: Seal, sealed: bytes | None) -> str:
    return mask_number(seal.open(sealed, IDENTIFIER_CONTEXT)) if sealed else ""
