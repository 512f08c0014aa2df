"""The voucher (记账凭证) of a settled month for the county's accounts: who is owed what, by operator and funder.

What an operator is owed is debited to 5001 业务活动费用 and credited to 2303 应付政府补贴款; what it owes after
adjustments is debited to 1218 其他应收款. Source: 《政府会计制度——行政事业单位会计科目和报表》(财会〔2017〕25号).
"""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.subsidies.clawbacks.set_off import list_withheld
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.steps import SETTLE
from market.subsidies.names import FUNDER_NAMES, OPERATOR_NAMES, Operator, format_month_zh

_EXPENSE = ("5001", "业务活动费用")
_PAYABLE = ("2303", "应付政府补贴款")
_RECEIVABLE = ("1218", "其他应收款")


class VoucherRow(Struct, frozen=True, kw_only=True):
    """A line of the voucher: exactly one of `debit_fen` and `credit_fen` is above zero."""

    day: date
    summary: str
    code: str
    account: str
    debit_fen: Fen
    credit_fen: Fen


class _OperatorFunderSum(Struct, frozen=True, kw_only=True):
    operator: Operator
    funder: str
    day: date
    fen: int


SUM_BY_FUNDER = Query(
    _OperatorFunderSum,
    """
    SELECT p.operator, share.key AS funder, sum(share.value::bigint)::bigint AS fen,
           (SELECT max((at AT TIME ZONE 'Asia/Shanghai')::date) FROM cycle_events
             WHERE cycle_id = :cycle_id AND state = :settled AND NOT returned) AS day
      FROM subsidy_postings p CROSS JOIN LATERAL jsonb_each_text(p.shares) AS share
     WHERE p.cycle_id = :cycle_id AND p.county_code = :county AND share.key <> 'operator'
       AND EXISTS (SELECT FROM settlements WHERE cycle_id = :cycle_id)
     GROUP BY p.operator, share.key
    HAVING sum(share.value::bigint) <> 0
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], p.operator), share.key
    """,
)


async def list_voucher_rows(conn: Connection, cycle: Cycle) -> list[VoucherRow]:
    """Return the voucher of a month, balanced, dated by its settlement; none before it is settled.

    Adjustments that the month posted are part of it, net by operator and funder; so is what it set off of clawbacks.
    """
    sums = await SUM_BY_FUNDER.all(conn, county=cycle.county_code, cycle_id=cycle.id, settled=SETTLE.after)
    withheld = {each.operator: each.recovered_fen for each in await list_withheld(conn, cycle.county_code, cycle.id)}
    rows: list[VoucherRow] = []
    for operator in Operator:
        own = [each for each in sums if each.operator is operator]
        name = OPERATOR_NAMES[operator]
        about = f"{format_month_zh(cycle.name)}手机和宽带资费减免，{name}"
        rows += [_post(each.day, f"{about}，{FUNDER_NAMES[each.funder]}", _EXPENSE, each.fen) for each in own]
        owed = sum(each.fen for each in own)
        if owed:
            account = _PAYABLE if owed > 0 else _RECEIVABLE
            rows.append(_post(own[0].day, about, (account[0], f"{account[1]}-{name}"), -owed))
        taken = withheld.get(operator, 0)
        if taken:
            about = f"{about}，抵扣应退回的"
            rows.append(_post(own[0].day, about, (_PAYABLE[0], f"{_PAYABLE[1]}-{name}"), taken))
            rows.append(_post(own[0].day, about, (_RECEIVABLE[0], f"{_RECEIVABLE[1]}-{name}"), -taken))
    return rows


def _post(day: date, summary: str, account: tuple[str, str], fen: int) -> VoucherRow:
    """Return a row that debits a positive sum and credits a negative one."""
    return VoucherRow(
        day=day,
        summary=summary,
        code=account[0],
        account=account[1],
        debit_fen=Fen(max(fen, 0)),
        credit_fen=Fen(max(-fen, 0)),
    )
