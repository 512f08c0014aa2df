"""Read claims for bad fruit, each reader those that concern them; the transaction has the reader's scope."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason, record_case_looks
from market.cases.casework.models import CaseOutcome, CaseState, WaitingCases
from market.cases.casework.moves import TEXT_CONTEXT
from market.cases.casework.worklist import get_assigned_values, select_assigned
from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import list_confirmed_roles
from market.people.identity.models import Actor, NotFound
from market.people.storage.photos import PAGE_WIDTHS, PhotoRow, get_file_name
from market.sales.orders.catch_weight import CHARGED_FEN

MAX_CLAIMS = 100


class _ClaimFields(Struct, frozen=True, kw_only=True):
    case_id: UUID
    number: int
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    received_at: datetime
    due_at: datetime
    order_number: int
    code: str
    suborder_id: UUID
    line_id: UUID
    producer_id: UUID
    producer: str
    county_code: str
    title: str
    bad: int
    total: int
    line_fen: Fen
    amount_fen: Fen
    granted_fen: Fen | None
    photo_ids: list[UUID]


class BadFruitClaim(_ClaimFields, frozen=True, kw_only=True):
    """A claim: what is asked for, who answers until when, and what came of it.

    `assignee` is `seller` or the role that answers now. `seller_reason` is why the seller did not refund by itself,
    `decision` what the one who decided wrote.
    """

    text: str
    seller_reason: str
    decision: str


class _ClaimRow(_ClaimFields, frozen=True, kw_only=True):
    text_sealed: bytes
    seller_reason_sealed: bytes | None
    decision_sealed: bytes | None


_COLUMNS: LiteralString = (
    """
    SELECT cases.id AS case_id, cases.number, cases.state, outcome, path[level] AS assignee, cases.received_at, due_at,
           orders.number AS order_number, orders.number || '-' || suborders.position AS code, suborder_id, line_id,
           producer_id, producers.name AS producer, cases.county_code, title, bad, total,
           """
    + CHARGED_FEN
    + """ AS line_fen, c.amount_fen, granted_fen, text_sealed,
           ARRAY(SELECT photo_id FROM claim_photos WHERE case_id = cases.id ORDER BY photo_id) AS photo_ids,
           (SELECT reason_sealed FROM case_events
                      WHERE case_id = cases.id AND move = 'escalate' AND case_events.level = 2) AS seller_reason_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = cases.id AND move = 'answer'
                      ORDER BY id DESC LIMIT 1) AS decision_sealed
      FROM cases
      JOIN bad_fruit_claims c ON c.case_id = cases.id
      JOIN order_lines ON order_lines.id = line_id
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
"""
)
GET_CLAIM = Query(_ClaimRow, _COLUMNS + " WHERE cases.id = :case_id")
LIST_ORDER_CLAIMS = Query(
    _ClaimRow, _COLUMNS + " WHERE orders.id = :order_id AND asker_id = :account_id ORDER BY cases.id"
)
LIST_PRODUCER_CLAIMS = Query(
    _ClaimRow,
    _COLUMNS
    + """
     WHERE against_producer_id = ANY(:producer_ids::uuid[]) AND cases.category = 'bad_fruit'
       AND (:after::uuid IS NULL
            OR (cases.state = 'closed', path[level] <> 'seller', due_at, cases.id)
               > (SELECT a.state = 'closed', a.path[a.level] <> 'seller', a.due_at, a.id
                    FROM cases a WHERE a.id = :after::uuid))
     ORDER BY cases.state = 'closed', path[level] <> 'seller', due_at, cases.id
     LIMIT :limit
    """,
)
SUM_UP_UNANSWERED_CLAIMS = Query(
    WaitingCases,
    """
    SELECT count(*)::integer AS count, min(due_at) FILTER (WHERE stopped_at IS NULL) AS due_at FROM cases
     WHERE against_producer_id = ANY(:producer_ids::uuid[]) AND category = 'bad_fruit' AND state = 'assigned'
       AND path[level] = 'seller'
    """,
)
LIST_ASSIGNED_CLAIMS = Query(
    _ClaimRow,
    _COLUMNS + select_assigned("c.county_code", "c.category = 'bad_fruit'"),
)

# The cases that row-level security shows may include those of a role or membership that has ended.
FIND_CLAIM_PHOTO = Query(
    PhotoRow,
    """
    SELECT f.name, f.purpose, f.kind
      FROM claim_photos
      JOIN photos f ON f.id = photo_id
      JOIN cases ON cases.id = case_id
     WHERE f.id = :photo_id
       AND (asker_id = :account_id
            OR against_producer_id = ANY(:producer_ids::uuid[])
            OR EXISTS (SELECT FROM unnest(:roles::text[], :scopes::text[]) AS granted (role, scope)
                        WHERE role = ANY(path) AND starts_with(cases.county_code, scope)))
     LIMIT 1
    """,
)


async def get_claim(conn: Connection, seal: Seal, case_id: UUID) -> BadFruitClaim | None:
    """Return a claim that the person of the transaction may see, or None."""
    row = await GET_CLAIM.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def list_order_claims(conn: Connection, seal: Seal, buyer: Actor, order_id: UUID) -> list[BadFruitClaim]:
    """Return the claims of the buyer's order, oldest first."""
    rows = await LIST_ORDER_CLAIMS.all(conn, order_id=order_id, account_id=buyer.account_id)
    return [_open(seal, row) for row in rows]


async def list_producer_claims(
    conn: Connection, seal: Seal, producer_ids: Sequence[UUID], *, after: UUID | None = None
) -> list[BadFruitClaim]:
    """Return the claims against producers: those to answer first, at most 100; those after the claim `after`, if given.

    The caller checks that the reader works for the producers.
    """
    rows = await LIST_PRODUCER_CLAIMS.all(conn, producer_ids=list(producer_ids), after=after, limit=MAX_CLAIMS)
    return [_open(seal, row) for row in rows]


async def sum_up_unanswered_claims(conn: Connection, actor: Actor) -> WaitingCases:
    """Return how many claims wait for an answer of the producers that the actor works for, and until when."""
    return await SUM_UP_UNANSWERED_CLAIMS.one(conn, producer_ids=list(actor.producers))


async def list_assigned_claims(conn: Connection, seal: Seal, official: Actor, *, now: datetime) -> list[BadFruitClaim]:
    """Return the claims that the official's roles decide now, by deadline; at most 100. The look is recorded.

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    rows = await LIST_ASSIGNED_CLAIMS.all(conn, **get_assigned_values(official), limit=MAX_CLAIMS)
    found = [_open(seal, row) for row in rows]
    await record_case_looks(conn, official, found, now=now)
    return found


def _open(seal: Seal, row: _ClaimRow) -> BadFruitClaim:
    return build_from(
        BadFruitClaim,
        row,
        text=seal.open(row.text_sealed, TEXT_CONTEXT),
        seller_reason=open_reason(seal, row.seller_reason_sealed),
        decision=open_reason(seal, row.decision_sealed),
    )


async def get_claim_photo_name(conn: Connection, reader: Actor, photo_id: UUID, *, small: bool = False) -> str:
    """Return the store name of a claim's photo, large or `small`, in a transaction with the reader's scope.

    Readable by the buyer, by members of the producer, and by officials with a role that decides
    the claim at some level.

    Raises:
        NotFound: there is no such photo, or the actor may not see it.
    """
    roles, scopes = list_confirmed_roles(reader)
    row = await FIND_CLAIM_PHOTO.maybe(
        conn,
        photo_id=photo_id,
        account_id=reader.account_id,
        producer_ids=list(reader.producers),
        roles=roles,
        scopes=scopes,
    )
    if row is None:
        raise NotFound
    return get_file_name(row.purpose, row.name, row.kind, PAGE_WIDTHS[0 if small else -1])
