"""End a mediation with a share of what is disputed: both sides agreed to it, or the platform decided."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseMove, CaseNotMovable, CaseOutcome, CaseState, LockedCase
from market.cases.casework.moves import get_person_scope, lock_case, move_case
from market.kernel import Connection, Database, Fen, FieldFault, Query, divide_half_up
from market.kernel.seal import Seal
from market.people.identity.access import require_case_role
from market.people.identity.models import Actor, NotFound, Role
from market.people.notify.notifications import notify_account, notify_producer
from market.sales.aftersales.answer_goods_return import send_refunds
from market.sales.aftersales.bad_fruit import BAD_FRUIT
from market.sales.aftersales.refund import GET_LINE, name_refund
from market.sales.mediation.mediate import check_text
from market.sales.mediation.models import InvalidMediation, MediationNotDecided, MediatorInvolved
from market.sales.mediation.views import Mediation, get_mediation
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import load_suborders, lock_order_by_suborder
from payments import Gateway, RefundId
from payments.money import BASIS_POINTS, format_yuan, split


class _MediatedLine(Struct, frozen=True):
    line_id: UUID
    amount_fen: Fen


LIST_MEDIATED_LINES = Query(
    _MediatedLine, "SELECT line_id, amount_fen FROM mediation_lines WHERE case_id = :case_id ORDER BY line_id"
)
# The schema compares `agreed` with the proposal, at commit.
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


def compute_share(*, amount_fen: int, share_bp: int) -> Fen:
    """Return a share of what is disputed, rounded half up to the fen."""
    return Fen(divide_half_up(amount_fen * share_bp, BASIS_POINTS))


def check_share(share_bp: int) -> None:
    """Require a share in basis points.

    Raises:
        InvalidMediation: it is not from 0 to 10,000.
    """
    if not 0 <= share_bp <= BASIS_POINTS:
        raise InvalidMediation(errors=(FieldFault("share", "写 0 到 100"),))


async def lock_assigned_mediation(
    conn: Connection, seal: Seal, official: Actor, case_id: UUID
) -> tuple[Mediation, LockedCase]:
    """Lock the order and the case of a mediation that it is the official's turn to move.

    Raises:
        NotFound: the mediation is not for the official's roles, now or at all.
        SecondFactorRequired: the session has no second factor.
        CaseNotMovable: it has ended, went to the next level, or both sides are asked about a proposal.
        MediatorInvolved: the official decided the claim or the return, or proposed a share that came to nothing.
    """
    mediation = await get_mediation(conn, seal, case_id)
    if mediation is None:
        raise NotFound
    require_case_role(official, mediation.assignee, mediation.county_code)
    await lock_order_by_suborder(conn, mediation.suborder_id)
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED or case.assignee != mediation.assignee or case.proposed:
        raise CaseNotMovable(state=case.state)
    for other_id in (mediation.refused_by, mediation.proposed_by):
        if other_id is not None and await IS_SAME_PERSON.one(conn, account_id=official.account_id, other_id=other_id):
            raise MediatorInvolved
    return mediation, case


async def decide_mediation(
    db: Database, gateway: Gateway, seal: Seal, official: Actor, case_id: UUID,
    *, share_bp: int, reason: str, now: datetime,
) -> Mediation:  # fmt: skip
    """Decide for the platform a mediation in which the sides did not agree: a share is refunded, in basis points.

    The share is rounded half up to the fen and split over the lines by largest remainder. Opens its own transactions;
    buyer and seller are told. Either may still go to court. Source: 电子商务法 60, 63.

    Raises:
        NotFound, SecondFactorRequired, CaseNotMovable, MediatorInvolved: see `lock_assigned_mediation`.
        InvalidMediation: the share is not from 0 to 10,000, or the reason is missing or too long.
        MediationNotDecided: it is with the county, which proposes.
        CaseAnswererInvolved: the official is the buyer, or works for the seller.
        PaymentDisputed, RefundExceedsPayment, InsufficientBalance: the money is not available.
    """
    check_share(share_bp)
    written = check_text(reason, field="reason", missing="请写原因，买家和卖家都看得到")
    async with db.transaction(scope=get_person_scope(official)) as conn:
        mediation, case = await lock_assigned_mediation(conn, seal, official, case_id)
        if case.assigned_role is not Role.PLATFORM:
            raise MediationNotDecided
        outcome = CaseOutcome.SOLVED if share_bp else CaseOutcome.UNSOLVED
        answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
        await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
        refunds = await end_with_share(
            conn, seal, mediation, case, share_bp=share_bp, agreed=False, by=official.account_id, note=written, now=now
        )
        ended = await get_mediation(conn, seal, case_id)
        assert ended is not None, "a mediation is not deleted"
    await send_refunds(db, gateway, refunds, now=now)
    return ended


async def end_with_share(
    conn: Connection, seal: Seal, mediation: Mediation, case: LockedCase,
    *, share_bp: int, agreed: bool, by: UUID, note: str, now: datetime,
) -> list[RefundId]:  # fmt: skip
    """Record how the mediation of a closed case ended, refund its share in the name of `by`, and tell both sides.

    Of a line at most what is left of it is refunded.

    Raises:
        PaymentDisputed, RefundExceedsPayment, InsufficientBalance: the money is not available.
    """
    await END_MEDIATION.one(conn, case_id=mediation.case_id, share_bp=share_bp, agreed=agreed)
    lines = await LIST_MEDIATED_LINES.all(conn, case_id=mediation.case_id)
    total = compute_share(amount_fen=sum(each.amount_fen for each in lines), share_bp=share_bp)
    reason = "bad_fruit" if mediation.source == BAD_FRUIT else "goods_return"
    refunds: list[RefundId] = []
    refunded = 0
    for line, share in zip(lines, split(total, [each.amount_fen for each in lines]), strict=True):
        granted = min(share, (await GET_LINE.one(conn, line_id=line.line_id)).left_fen)
        await END_MEDIATION_LINE.one(conn, case_id=mediation.case_id, line_id=line.line_id, granted_fen=granted)
        if not granted:
            continue
        # What is left of the producer's part and of the commission changes with each line.
        suborders = await load_suborders(conn, mediation.order_id)
        suborder = next(each for each in suborders if each.id == mediation.suborder_id)
        sent = await refund_suborder(
            conn, suborder, goods_fen=Fen(granted), line_id=line.line_id, key=f"mediation:{mediation.number}",
            kind=name_refund(suborder, "mediation refund"), reason=reason, by=by, note=note, now=now,
        )  # fmt: skip
        refunds += [each.id for each in sent]
        refunded += granted
    facts = {"order": str(mediation.order_number), "amount": format_yuan(refunded)}
    await notify_account(conn, seal, case.asker, "mediation_ended", facts, now=now)
    await notify_producer(conn, seal, mediation.producer_id, "mediation_ended_seller", facts, now=now)
    return refunds
