"""Sample changes and pauses of lines, and the operators' agreements, in several states."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from market.kernel import Connection
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.county.enrolled_lines import DECIDED_STATUS, SampleLine, SampleMonths
from market.service.demo.sample.county.programme_files import P1, P3, list_plans
from market.subsidies.agreements.agreements import decide_agreement, propose_agreement
from market.subsidies.agreements.models import AgreementRate, NewAgreement
from market.subsidies.agreements.terms import approve_terms, list_terms_files
from market.subsidies.imports.kinds import PROGRAMMES
from market.subsidies.lines.changes import refuse_change, report_change, take_change
from market.subsidies.lines.models import ChangeDetails, LineVerb, NewLineChange
from market.subsidies.lines.pauses import NewPause, PauseEnd, PauseReason, end_pause, pause_line
from market.subsidies.names import OPERATOR_NAMES, Operator, ServiceKind

_CHANGED, _PAUSED = 6, 3
_RATES = [AgreementRate(programme=P1, concession_bp=70_00), AgreementRate(programme=P3, concession_bp=50_00)]
"""The operator's parts of the programmes, see the programme files; of the second it bears nothing."""


class LineSimulation:
    """Reports changes of sample lines and decides some, as the officials of the demo, in the caller's transaction.

    Nothing begins before the present month, so that the months under way stay as they were calculated.
    """

    def __init__(
        self,
        conn: Connection,
        seal: Seal,
        actors: Mapping[str, Actor],
        lines: Sequence[SampleLine],
        months: SampleMonths,
        *,
        now: datetime,
    ) -> None:
        self._conn = conn
        self._seal = seal
        self._actors = actors
        self._now = now
        self._today = get_business_day(now)
        self._months = months
        self._lines = _pick_lines(lines, months)

    async def add_all(self) -> None:
        """Add agreements, changes and pauses."""
        await self._add_agreements()
        await self._add_changes()
        await self._add_pauses()

    def _compute_moment(self, days: int) -> datetime:
        """Return ten in the morning, so many days before today but in this month, or now if that is earlier."""
        day = self._today - timedelta(days=min(days, self._today.day - 1))
        return min(get_day_start(day) + timedelta(hours=10), self._now)

    async def _report(
        self, handle: str, line: SampleLine, verb: LineVerb, details: ChangeDetails, *, days: int, note: str
    ) -> UUID:
        moment = self._compute_moment(days)
        change = NewLineChange(
            line=line.code, verb=verb, effective_on=get_business_day(moment), note=f"样例：{note}", details=details
        )
        return (await report_change(self._conn, self._seal, self._actors[handle], DEMO_COUNTY, change, now=moment)).id

    async def _add_changes(self) -> None:
        """Add three changes that wait, two that were taken, and one that was refused."""
        conn, seal, gan = self._conn, self._seal, self._actors["gan"]
        sim, closed, device, stopped, given, ported = self._lines[:_CHANGED]
        lost = ChangeDetails(sim="89860042111111111111")
        await self._report("cun", sim, LineVerb.REPLACE_SIM, lost, days=1, note="卡丢了，营业厅补的")
        await self._report("zhen", stopped, LineVerb.SUSPEND, ChangeDetails(), days=2, note="人去外地，先停了")
        other = next(each for each in given.household.members if each.identity != given.person.identity)
        taken_over = ChangeDetails(new_line=f"{given.code}-2", identity=other.identity, realname="一致")
        await self._report("cun", given, LineVerb.TRANSFER, taken_over, days=1, note="给家里人用，营业厅过的户")
        new = ChangeDetails(device=f"h1:{sha256(device.code.encode()).hexdigest()[:24]}")
        for change_id in (
            await self._report("cun", device, LineVerb.REPLACE_DEVICE, new, days=4, note="手机摔了换的"),
            await self._report("zhen", closed, LineVerb.CLOSE, ChangeDetails(), days=4, note="不用了，营业厅销的"),
        ):
            await take_change(conn, seal, gan, DEMO_COUNTY, change_id, now=self._compute_moment(3))
        plan = next(
            each
            for each in list_plans()
            if each.operator is not ported.operator and list(each.charges) == [ServiceKind.MOBILE]
        )
        away = ChangeDetails(
            new_line=f"{ported.code}-2", operator=plan.operator, plan=plan.code, sim="89860042222222222222",
            realname="一致",
        )  # fmt: skip
        change_id = await self._report("zhen", ported, LineVerb.PORT, away, days=3, note="听说转网了")
        why = "样例：运营商说没有办成，号码还在原来一家"
        await refuse_change(conn, seal, gan, DEMO_COUNTY, change_id, reason=why, now=self._compute_moment(1))

    async def _add_pauses(self) -> None:
        """Pause two lines, one of them until another person ended it, and one that its household asked to pause."""
        conn, seal, county = self._conn, self._seal, DEMO_COUNTY
        for line, handle, reason, days, note in zip(
            self._lines[_CHANGED:],
            ("zhen", "xian", "zhen"),
            (PauseReason.CHECK, PauseReason.AWAY, PauseReason.ASKED),
            (2, 5, 3),
            ("样例：有人说号码不是本人用，正在核查", "样例：三次没有联系上", "样例：在外地打工，先不用"),
            strict=True,
        ):
            now = self._compute_moment(days)
            new = NewPause(line=line.code, reason=reason, paused_from=get_business_day(now), note=note)
            pause = await pause_line(conn, seal, self._actors[handle], county, new, now=now)
            if reason is PauseReason.AWAY and get_business_day(now) < self._today:
                end = PauseEnd(resumed_on=self._today, note="样例：人回来了，号码在用")
                await end_pause(conn, seal, self._actors["zhen"], county, end, pause_id=pause.id, now=self._now)

    async def _add_agreements(self) -> None:
        """Propose an agreement of each operator, of which one waits, and approve the programmes but not the plans."""
        conn, seal, jiang, xian = self._conn, self._seal, self._actors["jiang"], self._actors["xian"]
        for days, operator in zip((300, 290, 3), Operator, strict=True):
            now = self._now - timedelta(days=days)
            name = f"{OPERATOR_NAMES[operator]}优惠协议（样例）"
            text = f"{name}\n\n套餐对折，{P1} 运营商让利七成，{P3} 让利五成。这是样例。\n"
            new = NewAgreement(
                operator=operator, name=name, rates=_RATES, start=self._months.since,
                document_name=f"{name}.txt", document=text.encode(),
            )  # fmt: skip
            agreement_id = await propose_agreement(conn, seal, jiang, DEMO_COUNTY, new, now=now)
            if operator is not Operator.TELECOM:
                await decide_agreement(conn, xian, DEMO_COUNTY, agreement_id, approve=True, now=now + timedelta(days=2))
        for file in await list_terms_files(conn, DEMO_COUNTY):
            if file.kind == PROGRAMMES.name:
                now = min(file.imported_at + timedelta(days=1), self._now)
                await approve_terms(conn, xian, DEMO_COUNTY, file.id, now=now)


def _pick_lines(lines: Sequence[SampleLine], months: SampleMonths) -> list[SampleLine]:
    """Return mobile lines without an irregularity, each of another household with another adult; not the farmer's."""
    devices = Counter(line.device for line in lines)
    owners = Counter(line.person.identity for line in lines)
    picked = [
        line
        for line in lines[1:]
        if line.programme == P1
        and line.start < months.first
        and line.versions[-1].until is None
        and (line.status, line.realname, line.idle_from, line.overclaim_fen) == (DECIDED_STATUS, "一致", None, 0)
        and devices[line.device] == owners[line.person.identity] == 1
        and len(line.household.members) > 1
    ]
    return [picked[number * len(picked) // (_CHANGED + _PAUSED)] for number in range(_CHANGED + _PAUSED)]
