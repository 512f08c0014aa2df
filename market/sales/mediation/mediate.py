"""Ask for mediation after a refused claim or return; what it asked for stays with the market meanwhile."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseOutcome, LockedCase
from market.cases.casework.moves import open_case
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_producer
from market.places.counties.load import load_county_settings
from market.sales.aftersales.bad_fruit import BAD_FRUIT
from market.sales.aftersales.case_moves import IS_MEDIATED
from market.sales.aftersales.goods_return import GOODS_RETURN
from market.sales.aftersales.refund import GET_LINE
from market.sales.mediation.models import (
    MAX_MEDIATION_TEXT_LENGTH,
    MEDIATION,
    InvalidMediation,
    NothingLeftToMediate,
    NotMediable,
)
from market.sales.orders.transitions import lock_order_by_suborder
from payments.money import format_yuan


class OpenedMediation(Struct, frozen=True):
    """An opened mediation: its case, what is kept back of the seller's money, and until when it ends."""

    case_id: UUID
    amount_fen: Fen
    due_at: datetime


class _RefusedCase(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    order_number: int
    producer_id: UUID
    village_code: str
    county_code: str
    outcome: CaseOutcome | None
    closed_at: datetime | None
    mediated: bool


class _DisputedLine(Struct, frozen=True):
    line_id: UUID
    amount_fen: Fen


# Of a claim, or of a return; both are visible to the buyer alone here.
FIND_REFUSED_CASE = Query(
    _RefusedCase,
    """
    SELECT about.suborder_id, orders.number AS order_number, producer_id, village_code,
           cases.county_code, outcome, cases.closed_at,
           EXISTS (SELECT FROM mediations m WHERE m.source_id = cases.id) AS mediated
      FROM cases
      JOIN (SELECT case_id, suborder_id FROM goods_returns
             UNION ALL
            SELECT case_id, suborder_id FROM bad_fruit_claims JOIN order_lines ON order_lines.id = line_id) about
        ON about.case_id = cases.id
      JOIN suborders ON suborders.id = about.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE cases.id = :case_id AND asker_id = :buyer_id
    """,
)
LIST_DISPUTED_LINES = Query(
    _DisputedLine,
    """
    SELECT line_id, amount_fen FROM bad_fruit_claims WHERE case_id = :case_id
     UNION ALL
    SELECT line_id, amount_fen FROM goods_return_lines WHERE case_id = :case_id AND state = 'refused'
     ORDER BY line_id
    """,
)
_MEDIATED = frozenset({BAD_FRUIT, GOODS_RETURN})
INSERT_MEDIATION = Query(
    UUID,
    """
    INSERT INTO mediations (case_id, source_id, source, suborder_id, refused_by, refused_sealed)
    SELECT :case_id, id, category, :suborder_id, answered_by,
           (SELECT reason_sealed FROM case_events WHERE case_id = cases.id AND move = 'answer' ORDER BY id DESC LIMIT 1)
      FROM cases WHERE id = :source_id
    RETURNING case_id
    """,
)
INSERT_MEDIATION_LINES = Query(
    None,
    """
    INSERT INTO mediation_lines (case_id, line_id, amount_fen)
    SELECT :case_id, line_id, amount_fen
      FROM unnest(:line_ids::uuid[], :amounts::bigint[]) AS l (line_id, amount_fen)
    """,
)


def check_text(text: str, *, field: str, missing: str) -> str:
    """Return a text that a person wrote, cleaned; `missing` is what to write.

    Raises:
        InvalidMediation: it is missing or too long.
    """
    written = clean_text(text)
    if not written:
        raise InvalidMediation(errors=(FieldFault(field, missing),))
    if len(written) > MAX_MEDIATION_TEXT_LENGTH:
        raise InvalidMediation(errors=(FieldFault(field, say("最多 {0} 字", MAX_MEDIATION_TEXT_LENGTH)),))
    return written


async def load_mediation_days(conn: Connection, county_code: str, refused_at: datetime) -> int:
    """Return for how many days after its refusal a claim or a return may be mediated: as set on that day."""
    return (await load_county_settings(conn, county_code, day=get_business_day(refused_at))).mediation_days


async def is_mediable(conn: Connection, case: LockedCase, *, now: datetime) -> bool:
    """Return whether a case of the buyer is or was mediated, or may be now."""
    if case.category not in _MEDIATED or case.outcome is not CaseOutcome.UNSOLVED or case.closed_at is None:
        return False
    if await IS_MEDIATED.one(conn, case_id=case.id):
        return True
    days = await load_mediation_days(conn, case.county_code, case.closed_at)
    return now <= case.closed_at + timedelta(days=days)


async def ask_for_mediation(
    conn: Connection, seal: Seal, buyer: Actor, source_id: UUID, *, text: str, now: datetime
) -> OpenedMediation:
    """Ask the county to mediate a refused claim or return; what it asked for is kept back from payouts meanwhile.

    It was kept back since the refusal, so that a payout cannot be faster. What was refunded since is not asked for.
    The caller's transaction has the scope of the buyer (`get_person_scope`). Source: 电子商务法 60.

    Raises:
        NotFound: the case is not a claim or a return of the buyer.
        InvalidMediation: the text is missing or too long.
        NotMediable: it was not refused, is mediated already, or the days after its refusal are over.
        NothingLeftToMediate: nothing is left of it after refunds.
    """
    written = check_text(text, field="text", missing=say("请写您觉得哪里不对"))
    unlocked = await FIND_REFUSED_CASE.maybe(conn, case_id=source_id, buyer_id=buyer.account_id)
    if unlocked is None:
        raise NotFound
    await lock_order_by_suborder(conn, unlocked.suborder_id)
    refused = await FIND_REFUSED_CASE.one(conn, case_id=source_id, buyer_id=buyer.account_id)
    days = await load_mediation_days(conn, refused.county_code, refused.closed_at or now)
    if (
        refused.outcome is not CaseOutcome.UNSOLVED
        or refused.mediated
        or refused.closed_at is None
        or now > refused.closed_at + timedelta(days=days)
    ):
        raise NotMediable(days=days)
    lines = [
        (each.line_id, min(each.amount_fen, (await GET_LINE.one(conn, line_id=each.line_id)).left_fen))
        for each in await LIST_DISPUTED_LINES.all(conn, case_id=source_id)
    ]
    lines = [(line_id, left) for line_id, left in lines if left > 0]
    if not lines:
        raise NothingLeftToMediate
    case = await open_case(
        conn, seal, buyer.account_id, by=buyer, category=MEDIATION, division_code=refused.village_code,
        against_producer_id=refused.producer_id, text=written, now=now,
    )  # fmt: skip
    await INSERT_MEDIATION.one(conn, case_id=case.id, source_id=source_id, suborder_id=refused.suborder_id)
    await INSERT_MEDIATION_LINES.run(
        conn, case_id=case.id, line_ids=[line_id for line_id, _ in lines], amounts=[fen for _, fen in lines]
    )
    amount = Fen(sum(fen for _, fen in lines))
    facts = {"order": str(refused.order_number), "amount": format_yuan(amount), "due": format_due(case.due_at)}
    await notify_producer(conn, seal, refused.producer_id, "mediation_opened_seller", facts, now=now)
    told = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", told, now=now)
    return OpenedMediation(case.id, amount, case.due_at)
