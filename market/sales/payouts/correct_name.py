"""Correct the verified name of a person who sells, at their request: with a reason, recorded and told.

The accounts to which a household was paid were checked under the earlier name: they end, and another one is a change
that the provider checks under the new name and a second person agrees to. Nobody moves money by a name (ADR 46).
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query, Refusal
from market.kernel.seal import Seal
from market.kernel.settings import DEFAULT_HELP_PHONE
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import AccountId
from market.people.identity.verified_names import check_person_name, replace_name
from market.people.notify.notifications import notify_account
from market.sales.payouts.producer_locks import LOCK_OWN_PRODUCERS

MAX_REASON_LENGTH = 300
NAME_CORRECTED = "name_corrected"
"""The `reason` of an account that was being checked, or waited, under the earlier name."""


class CorrectionReasonNeeded(Refusal):
    """The reason of a corrected name is missing or too long."""

    code = "correction_reason_needed"
    status = 422
    zh = "写明为什么改、看了什么证件，最多 300 字。"
    en = "Give the reason and the document that was seen, in at most 300 characters."


class CorrectedName(Struct, frozen=True):
    """What a correction did: whether the name is another one now, and how many payout accounts ended."""

    changed: bool
    ended_accounts: int


# Of households and homestays, which are paid in their owner's name.
END_NAMED_ACCOUNTS = Query(
    UUID,
    """
    UPDATE payout_accounts AS a
       SET state = CASE a.state WHEN 'active' THEN 'ended' ELSE 'rejected' END,
           reason = CASE a.state WHEN 'active' THEN a.reason ELSE :reason END,
           checked_at = coalesce(checked_at, :now)
      FROM producers p
     WHERE p.id = a.producer_id AND p.id = ANY(:producer_ids::uuid[]) AND p.kind IN ('household', 'homestay')
       AND a.state IN ('checking', 'waiting', 'active')
       AND EXISTS (SELECT FROM producer_members m
                    WHERE m.producer_id = p.id AND m.account_id = :account_id AND m.role = 'owner')
    RETURNING a.id
    """,
)


async def correct_name(
    conn: Connection,
    seal: Seal,
    account_id: AccountId,
    *,
    name: str,
    reason: str,
    by: AccountId | None = None,
    seen: str | None = None,
    help_phone: str = DEFAULT_HELP_PHONE,
    now: datetime,
) -> CorrectedName:
    """Correct the name of a person, in the caller's transaction, and tell them.

    `by` is the official who saw the document, None at the command line; `seen` is the name that was read before. The
    payout accounts of their households end: the owner enters the account again, the provider checks it under the new
    name, and it is used after the days of a change, once a second person agreed. The same name changes nothing.

    Raises:
        NotFound: the account does not exist or is closed.
        OfficialNameFixed: it is an official's, whose name is registered with the account.
        PersonRenamed: the person has another name than `seen`.
        NameReserved: the name shows nothing, is too long, or passes for the platform or an authority.
        CorrectionReasonNeeded: the reason is empty or longer than 300 characters.
    """
    corrected, why = check_person_name(name), clean_text(reason)
    if not 0 < len(why) <= MAX_REASON_LENGTH:
        raise CorrectionReasonNeeded
    producers = await LOCK_OWN_PRODUCERS.all(conn, account_id=account_id)
    if not await replace_name(conn, account_id, corrected, seen=seen, by=by):
        return CorrectedName(changed=False, ended_accounts=0)
    ended = await END_NAMED_ACCOUNTS.all(
        conn, producer_ids=producers, account_id=account_id, reason=NAME_CORRECTED, now=now
    )
    template = "name_corrected_unpaid" if ended else "name_corrected"
    await notify_account(conn, seal, account_id, template, {"name": corrected, "phone": help_phone}, now=now)
    await add_audit_entry(
        conn,
        actor="command line" if by is None else str(by),
        action="account.correct_name",
        object=f"account:{account_id}",
        detail={"reason": why, "payout_accounts": [str(each) for each in ended]},
        now=now,
    )
    return CorrectedName(changed=True, ended_accounts=len(ended))
