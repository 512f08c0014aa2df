"""Receive a grievance: from a person with an account, from one without a name, or written down by an official."""

from datetime import datetime
from uuid import UUID

from market.cases.casework.models import GRIEVANCE
from market.cases.casework.moves import compute_due, open_case
from market.cases.casework.receipts import hash_receipt, make_receipt
from market.cases.casework.tell import notify_assignee
from market.cases.grievances.models import (
    MAX_TEXT_LENGTH,
    MAX_UNTRIAGED_ANONYMOUS,
    TRIAGE_WORKING_DAYS,
    GrievanceCountyFull,
    GrievanceInvalid,
    GrievanceReceipt,
    GrievanceSource,
)
from market.cases.grievances.network_counts import count_nameless
from market.kernel import Connection, FieldFault, Query
from market.kernel.division_codes import pad_code
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_county_role
from market.people.identity.models import Actor, Role
from market.people.identity.sign_in import add_nameless_account
from market.people.notify.notifications import format_due

_RECEIPT_GROUPS = 4

IS_COUNTY = Query(bool, "SELECT EXISTS (SELECT FROM divisions WHERE code = rpad(:county, 12, '0') AND level = 3)")
COUNT_UNTRIAGED = Query(
    int,
    """
    SELECT count(*) FROM grievances
     WHERE county_code = :county AND anonymous AND source = 'web' AND triaged_at IS NULL
    """,
)
ADD_GRIEVANCE = Query(
    None,
    """
    INSERT INTO grievances (case_id, category, county_code, source, anonymous, received_by, code_hash, triage_due_at)
    VALUES (:case_id, 'grievance', :county, :source, :anonymous, :received_by, :code_hash, :triage_due_at)
    """,
)


def check_text(text: str, *, field: str, missing: str) -> str:
    """Return the cleaned text.

    Raises:
        GrievanceInvalid: it is empty or too long.
    """
    written = clean_text(text)
    if not written:
        raise GrievanceInvalid(errors=(FieldFault(field, missing),))
    if len(written) > MAX_TEXT_LENGTH:
        raise GrievanceInvalid(errors=(FieldFault(field, f"最多 {MAX_TEXT_LENGTH} 字"),))
    return written


async def receive_grievance(
    conn: Connection,
    seal: Seal,
    *,
    asker: Actor | None,
    received_by: Actor | None = None,
    source: GrievanceSource = GrievanceSource.WEB,
    county: str,
    text: str,
    network: str | None = None,
    now: datetime,
) -> GrievanceReceipt:
    """Receive a grievance and assign it to the county; the county's officials are told.

    `asker` is None for a person without a name, and for one whose words an official wrote down (`received_by`). Such
    a grievance has an account of its own, which nobody can sign in to. `network` is where a request for one without a
    name comes from (`get_network` of `identity`); it is counted, and not kept. In the caller's
    transaction, whose scope is the county. Source: 信访工作条例.

    Raises:
        GrievanceInvalid: the county is unknown, or the text is missing or too long.
        GrievanceCountyFull: 100 without a name wait to be looked at.
        TooManyNamelessGrievances: 10 without a name came from the network today.
    """
    assert (source is GrievanceSource.WEB) is (received_by is None), "an official writes down what came otherwise"
    written = check_text(text, field="text", missing="请写发生了什么")
    if not await IS_COUNTY.one(conn, county=county):
        raise GrievanceInvalid(errors=(FieldFault("county", "请选哪个县"),))
    if asker is None and received_by is None:
        await lock_quota(conn, f"grievances:{county}", None)
        if await COUNT_UNTRIAGED.one(conn, county=county) >= MAX_UNTRIAGED_ANONYMOUS:
            raise GrievanceCountyFull
        if network is not None:
            await count_nameless(conn, seal, county=county, network=network, now=now)
    asker_id: UUID = asker.account_id if asker else await add_nameless_account(conn, now=now)
    case = await open_case(
        conn, seal, asker_id, by=asker, category=GRIEVANCE, division_code=pad_code(county), against_producer_id=None,
        text=written, now=now,
    )  # fmt: skip
    code = make_receipt(_RECEIPT_GROUPS)
    await ADD_GRIEVANCE.run(
        conn,
        case_id=case.id,
        county=county,
        source=source,
        anonymous=asker is None,
        received_by=received_by.account_id if received_by else None,
        code_hash=hash_receipt(code),
        triage_due_at=await compute_due(conn, "working_day", TRIAGE_WORKING_DAYS, now),
    )
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)
    return GrievanceReceipt(case.id, case.number, code, case.due_at)


async def write_down_grievance(
    conn: Connection,
    seal: Seal,
    official: Actor,
    *,
    county: str,
    source: GrievanceSource | None,
    text: str,
    now: datetime,
) -> GrievanceReceipt:
    """Write down what somebody said by telephone, at the desk or in a letter; the receipt is for them.

    In the caller's transaction, whose scope is the county.

    Raises:
        NotAllowed, SecondFactorRequired: the official does not answer for the county.
        GrievanceInvalid: the source is the page, or the text is missing or too long.
    """
    require_county_role(official, Role.COUNTY, county)
    if source is None or source is GrievanceSource.WEB:
        raise GrievanceInvalid(errors=(FieldFault("source", "请选怎么来的"),))
    return await receive_grievance(
        conn, seal, asker=None, received_by=official, source=source, county=county, text=text, now=now
    )
