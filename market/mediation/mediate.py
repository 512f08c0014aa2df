"""Ask for mediation after a refused claim or return, and end it with a share, agreed or decided."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.aftersales.answer_goods_return import send_refunds
from market.aftersales.bad_fruit import BAD_FRUIT
from market.aftersales.refund import GET_LINE, name_refund
from market.casework.models import CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.casework.moves import get_person_scope, lock_case, move_case, open_case
from market.casework.tell import notify_assignee
from market.identity.access import require_case_role
from market.identity.models import Actor, NotFound
from market.kernel import Connection, Database, Fen, FieldFault, Query, divide_half_up
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.mediation.models import (
    MAX_MEDIATION_TEXT_LENGTH,
    MEDIATION,
    MEDIATION_PERIOD,
    InvalidMediation,
    MediatorInvolved,
    NothingLeftToMediate,
    NotMediable,
)
from market.mediation.views import Mediation, get_mediation
from market.orders.money.refund import refund_suborder
from market.orders.notifications import format_due, notify_account, notify_producer
from market.orders.transitions import load_suborders, lock_order_by_suborder
from payments import Gateway, RefundId
from payments.money import BASIS_POINTS, format_yuan, split


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
    SELECT about.suborder_id, orders.number AS order_number, producer_id, village_code, outcome, cases.closed_at,
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
# A payout that is being made is waited for; a later one sees what is kept back.
LOCK_PRODUCER = Query(UUID, "SELECT id FROM producers WHERE id = :producer_id FOR NO KEY UPDATE")
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
LIST_MEDIATED_LINES = Query(
    _DisputedLine, "SELECT line_id, amount_fen FROM mediation_lines WHERE case_id = :case_id ORDER BY line_id"
)
END_MEDIATION = Query(
    UUID,
    """
    UPDATE mediations SET share_bp = :share_bp, agreed = :agreed WHERE case_id = :case_id RETURNING case_id
    """,
)
END_MEDIATION_LINE = Query(
    UUID,
    """
    UPDATE mediation_lines SET granted_fen = :granted_fen WHERE case_id = :case_id AND line_id = :line_id
    RETURNING line_id
    """,
)
IS_SAME_PERSON = Query(bool, "SELECT is_same_person(:account_id, :other_id)")


def _check_text(text: str, *, field: str, missing: str) -> str:
    written = clean_text(text)
    if not written:
        raise InvalidMediation(errors=(FieldFault(field, missing),))
    if len(written) > MAX_MEDIATION_TEXT_LENGTH:
        raise InvalidMediation(errors=(FieldFault(field, f"最多 {MAX_MEDIATION_TEXT_LENGTH} 字"),))
    return written


async def ask_for_mediation(
    conn: Connection, seal: Seal, buyer: Actor, source_id: UUID, *, text: str, now: datetime
) -> OpenedMediation:
    """Ask the county to mediate a refused claim or return; what it asked for is kept back from payouts meanwhile.

    The caller's transaction has the scope of the buyer (`get_person_scope`). Source: 电子商务法 60.

    Raises:
        NotFound: the case is not a claim or a return of the buyer.
        InvalidMediation: the text is missing or too long.
        NotMediable: it was not refused, is mediated already, or was decided more than 15 days ago.
        NothingLeftToMediate: less than what was asked for is left after refunds.
    """
    written = _check_text(text, field="text", missing="请写您觉得哪里不对")
    unlocked = await FIND_REFUSED_CASE.maybe(conn, case_id=source_id, buyer_id=buyer.account_id)
    if unlocked is None:
        raise NotFound
    await lock_order_by_suborder(conn, unlocked.suborder_id)
    refused = await FIND_REFUSED_CASE.one(conn, case_id=source_id, buyer_id=buyer.account_id)
    if (
        refused.outcome is not CaseOutcome.UNSOLVED
        or refused.mediated
        or refused.closed_at is None
        or now > refused.closed_at + MEDIATION_PERIOD
    ):
        raise NotMediable(days=MEDIATION_PERIOD.days)
    await LOCK_PRODUCER.one(conn, producer_id=refused.producer_id)
    lines = await LIST_DISPUTED_LINES.all(conn, case_id=source_id)
    for each in lines:
        await _require_left(conn, each.line_id, each.amount_fen)
    case = await open_case(
        conn, seal, buyer.account_id, by=buyer, category=MEDIATION, division_code=refused.village_code,
        against_producer_id=refused.producer_id, text=written, now=now,
    )  # fmt: skip
    await INSERT_MEDIATION.one(conn, case_id=case.id, source_id=source_id, suborder_id=refused.suborder_id)
    await INSERT_MEDIATION_LINES.run(
        conn, case_id=case.id, line_ids=[each.line_id for each in lines], amounts=[each.amount_fen for each in lines]
    )
    amount = Fen(sum(each.amount_fen for each in lines))
    facts = {"order": str(refused.order_number), "amount": format_yuan(amount), "due": format_due(case.due_at)}
    await notify_producer(conn, seal, refused.producer_id, "mediation_opened_seller", facts, now=now)
    told = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", told, now=now)
    return OpenedMediation(case.id, amount, case.due_at)


async def _require_left(conn: Connection, line_id: UUID, amount: Fen) -> None:
    line = await GET_LINE.one(conn, line_id=line_id)
    if amount > line.left_fen:
        raise NothingLeftToMediate(left_fen=line.left_fen)


async def end_mediation(
    db: Database, gateway: Gateway, seal: Seal, official: Actor, case_id: UUID,
    *, share_bp: int, agreed: bool, reason: str, now: datetime,
) -> Mediation:  # fmt: skip
    """End a mediation as the official whose turn it is: a share of what is disputed is refunded, in basis points.

    `agreed`: both sides agreed to the share; otherwise the mediator decides. The share is rounded half up to the fen
    and split over the lines by largest remainder. Opens its own transactions; buyer and seller are told.

    Raises:
        NotFound: the mediation is not for the official's roles, now or at all.
        SecondFactorRequired: the session has no second factor.
        InvalidMediation: the share is not from 0 to 10,000, or the reason is missing or too long.
        CaseNotMovable: it has ended before.
        CaseAnswererInvolved: the official is the buyer, or works for the seller.
        MediatorInvolved: the official decided the claim or the return.
        NothingLeftToMediate, PaymentDisputed, RefundExceedsPayment, InsufficientBalance: the money is not available.
    """
    if not 0 <= share_bp <= BASIS_POINTS:
        raise InvalidMediation(errors=(FieldFault("share", "写 0 到 100"),))
    written = _check_text(reason, field="reason", missing="请写原因，买家和卖家都看得到")
    refunds: list[RefundId] = []
    async with db.transaction(scope=get_person_scope(official)) as conn:
        mediation = await get_mediation(conn, seal, case_id)
        if mediation is None:
            raise NotFound
        require_case_role(official, mediation.assignee, mediation.county_code)
        await lock_order_by_suborder(conn, mediation.suborder_id)
        case = await lock_case(conn, case_id)
        if case.state is not CaseState.ASSIGNED or case.assignee != mediation.assignee:
            raise CaseNotMovable(state=case.state)
        if await IS_SAME_PERSON.one(conn, account_id=official.account_id, other_id=mediation.refused_by):
            raise MediatorInvolved
        outcome = CaseOutcome.SOLVED if share_bp or agreed else CaseOutcome.UNSOLVED
        answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
        await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
        await END_MEDIATION.one(conn, case_id=case_id, share_bp=share_bp, agreed=agreed)
        refunds = await _refund_share(conn, official, mediation, share_bp=share_bp, note=written, now=now)
        ended = await get_mediation(conn, seal, case_id)
        assert ended is not None, "a mediation is not deleted"
        facts = {"order": str(ended.order_number), "amount": format_yuan(ended.granted_fen or 0)}
        await notify_account(conn, seal, case.asker_id, "mediation_ended", facts, now=now)
        await notify_producer(conn, seal, ended.producer_id, "mediation_ended_seller", facts, now=now)
    await send_refunds(db, gateway, refunds, now=now)
    return ended


async def _refund_share(
    conn: Connection, official: Actor, mediation: Mediation, *, share_bp: int, note: str, now: datetime
) -> list[RefundId]:
    lines = await LIST_MEDIATED_LINES.all(conn, case_id=mediation.case_id)
    total = divide_half_up(sum(each.amount_fen for each in lines) * share_bp, BASIS_POINTS)
    reason = "bad_fruit" if mediation.source == BAD_FRUIT else "goods_return"
    refunds: list[RefundId] = []
    for line, granted in zip(lines, split(total, [each.amount_fen for each in lines]), strict=True):
        await END_MEDIATION_LINE.one(conn, case_id=mediation.case_id, line_id=line.line_id, granted_fen=granted)
        if not granted:
            continue
        await _require_left(conn, line.line_id, Fen(granted))
        # What is left of the producer's part and of the commission changes with each line.
        suborders = await load_suborders(conn, mediation.order_id)
        suborder = next(each for each in suborders if each.id == mediation.suborder_id)
        sent = await refund_suborder(
            conn, suborder, goods_fen=Fen(granted), line_id=line.line_id, key=f"mediation:{mediation.number}",
            kind=name_refund(suborder, "mediation refund"), reason=reason, by=official.account_id, note=note, now=now,
        )  # fmt: skip
        refunds += [each.id for each in sent]
    return refunds
