"""坏果包赔: a buyer claims the bad share of a line, with photos, within a period after receipt."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.cases.casework.moves import open_case
from market.kernel import Connection, Fen, FieldFault, Query, divide_half_up
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_producer
from market.sales.aftersales.models import (
    MAX_CLAIM_PHOTOS,
    MAX_CLAIM_TEXT_LENGTH,
    MAX_CLAIM_TOTAL,
    ClaimedBefore,
    ClaimInvalid,
    ClaimRefusal,
    ClaimTooEarly,
    ClaimTooLate,
    NothingLeftToClaim,
)
from market.sales.orders.catch_weight import CHARGED_FEN
from market.sales.orders.models import SuborderKind, SuborderState
from market.sales.orders.transitions import lock_order_by_suborder
from payments.money import format_yuan

BAD_FRUIT = "bad_fruit"


class NewClaim(Struct, frozen=True, kw_only=True):
    """A claim as its buyer writes it: `bad` of `total` pieces (or 斤, or percent) of a line are bad."""

    line_id: UUID
    bad: int
    total: int
    text: str = ""


class OpenedClaim(Struct, frozen=True):
    """An opened claim: its case, what it asks for, and until when the seller answers."""

    case_id: UUID
    amount_fen: Fen
    due_at: datetime


class _ClaimedLine(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    order_number: int
    producer_id: UUID
    village_code: str
    kind: SuborderKind
    state: SuborderState
    received_at: datetime | None
    amount_fen: Fen
    left_fen: Fen
    claimed: bool


# What an open return asks for is not left. A seller's refund that waits for a second person takes nothing from a claim.
GET_CLAIMED_LINE = Query(
    _ClaimedLine,
    """
    SELECT suborder_id, orders.number AS order_number, producer_id, village_code, suborders.kind, suborders.state,
           received_at, """
    + CHARGED_FEN
    + """ AS amount_fen,
           amount_fen - order_lines.refunded_fen
           - (SELECT coalesce(sum(r.amount_fen), 0) FROM goods_return_lines r
               WHERE r.line_id = order_lines.id AND r.state = 'open')::bigint AS left_fen,
           EXISTS (SELECT FROM bad_fruit_claims c WHERE c.line_id = order_lines.id) AS claimed
      FROM order_lines
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE order_lines.id = :line_id AND buyer_id = :buyer_id
    """,
)
INSERT_CLAIM = Query(
    UUID,
    """
    INSERT INTO bad_fruit_claims (case_id, line_id, bad, total, amount_fen)
    VALUES (:case_id, :line_id, :bad, :total, :amount_fen)
    RETURNING case_id
    """,
)
# Only photos that the buyer uploaded for claims.
INSERT_CLAIM_PHOTOS = Query(
    UUID,
    """
    INSERT INTO claim_photos (case_id, photo_id)
    SELECT :case_id, id FROM photos
     WHERE id = ANY(:photo_ids::uuid[]) AND owner_id = :owner_id AND purpose = 'claim'
    RETURNING photo_id
    """,
)


def check_claim(claim: NewClaim, *, photos: int) -> None:
    """Require a claim's fields: a share, at least one photo, a text that is not too long.

    Raises:
        ClaimInvalid: they are missing or wrong; every fault is named.
    """
    faults: list[FieldFault] = []
    if not 1 <= claim.total <= MAX_CLAIM_TOTAL:
        faults.append(FieldFault("total", say("一共有多少，写大于 0 的整数")))
    elif not 1 <= claim.bad <= claim.total:
        faults.append(FieldFault("bad", say("坏了多少，写整数，不能比一共的多")))
    if photos == 0:
        faults.append(FieldFault("photo", say("请拍一张坏了的照片")))
    if photos > MAX_CLAIM_PHOTOS:
        faults.append(FieldFault("photo", say("最多 {0} 张照片", MAX_CLAIM_PHOTOS)))
    if len(clean_text(claim.text)) > MAX_CLAIM_TEXT_LENGTH:
        faults.append(FieldFault("text", say("最多 {0} 字", MAX_CLAIM_TEXT_LENGTH)))
    if faults:
        raise ClaimInvalid(errors=tuple(faults))


def compute_claim_amount(*, line_fen: Fen, bad: int, total: int) -> Fen:
    """Return the share of a line's price, rounded half up to the fen and at least 1; freight is not refunded.

    Source: the golden story, shop.md: 6 of 60 eggs of 78.00 are 7.80.
    """
    return Fen(max(divide_half_up(line_fen * bad, total), 1))


def find_claim_obstacle(
    *,
    kind: SuborderKind,
    state: SuborderState,
    received_at: datetime | None,
    claimed: bool,
    left_fen: int,
    hours: int,
    now: datetime,
) -> ClaimRefusal | None:
    """Return why nothing of a line can be claimed, or None if it can.

    Goods can be claimed once, from shipping until `hours` after receipt, while something is left after refunds.
    """
    if claimed:
        return ClaimedBefore()
    if received_at is not None and now > received_at + timedelta(hours=hours):
        return ClaimTooLate(hours=hours)
    if kind is not SuborderKind.GOODS or state not in {SuborderState.SHIPPED, SuborderState.RECEIVED}:
        return ClaimTooEarly() if received_at is None else ClaimTooLate(hours=hours)
    return None if left_fen > 0 else NothingLeftToClaim(left_fen=left_fen)


async def open_claim(
    conn: Connection,
    seal: Seal,
    buyer: Actor,
    claim: NewClaim,
    *,
    photo_ids: Sequence[UUID],
    hours: int,
    now: datetime,
) -> OpenedClaim:
    """Claim the bad share of a line; the seller is told, and answers by the deadline of the case.

    The caller's transaction has the scope of the buyer (`get_person_scope`). `hours` after the receipt, which the buyer
    or the clock confirms, the line can no longer be claimed.

    Raises:
        NotFound: the line is not of an order of the buyer.
        ClaimInvalid: fields are missing or wrong, or a photo was not uploaded by the buyer for a claim.
        ClaimTooEarly: the line was not shipped.
        ClaimTooLate: the period has passed.
        ClaimedBefore: the line was claimed before.
        NothingLeftToClaim: less than the share is left after refunds.
    """
    check_claim(claim, photos=len(photo_ids))
    unlocked = await GET_CLAIMED_LINE.maybe(conn, line_id=claim.line_id, buyer_id=buyer.account_id)
    if unlocked is None:
        raise NotFound
    await lock_order_by_suborder(conn, unlocked.suborder_id)
    line = await GET_CLAIMED_LINE.one(conn, line_id=claim.line_id, buyer_id=buyer.account_id)
    obstacle = find_claim_obstacle(
        kind=line.kind, state=line.state, received_at=line.received_at, claimed=line.claimed, left_fen=line.left_fen,
        hours=hours, now=now,
    )  # fmt: skip
    if obstacle is not None:
        raise obstacle
    amount = compute_claim_amount(line_fen=line.amount_fen, bad=claim.bad, total=claim.total)
    if amount > line.left_fen:
        raise NothingLeftToClaim(left_fen=line.left_fen)
    case = await open_case(
        conn, seal, buyer.account_id, by=buyer, category=BAD_FRUIT, division_code=line.village_code,
        against_producer_id=line.producer_id, text=clean_text(claim.text), now=now,
    )  # fmt: skip
    await INSERT_CLAIM.one(
        conn, case_id=case.id, line_id=claim.line_id, bad=claim.bad, total=claim.total, amount_fen=amount
    )
    ids = list(set(photo_ids))
    stored = await INSERT_CLAIM_PHOTOS.all(conn, case_id=case.id, photo_ids=ids, owner_id=buyer.account_id)
    if len(stored) != len(ids):
        raise ClaimInvalid(errors=(FieldFault("photo", say("这张照片不能用，请再拍一张")),))
    facts = {"order": str(line.order_number), "amount": format_yuan(amount), "due": format_due(case.due_at)}
    await notify_producer(conn, seal, line.producer_id, "claim_opened_seller", facts, now=now)
    return OpenedClaim(case.id, amount, case.due_at)
