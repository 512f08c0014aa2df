"""Sample leads in every state, so that the desk shows what a county's register and enrolments look like under way."""

import asyncio
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image, ImageDraw

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day, get_day_start
from market.kernel.seal import Seal
from market.people.identity.actors import find_actor_by_id
from market.people.identity.models import AccountId, Actor
from market.people.storage.photos import render_photo
from market.service.demo.sample.accounts import DEMO_COUNTY, NEWCOMER_PHONE
from market.service.demo.sample.county.enrolled_lines import SampleLine
from market.service.demo.sample.county.programme_files import P1
from market.service.demo.sample.county.register import DEMO_VILLAGE, SampleHousehold, SampleRegister
from market.service.demo.sample.identities import make_identity_number
from market.subsidies.intake.consents import record_consent_photo
from market.subsidies.intake.models import (
    LeadKind,
    LeadMember,
    LeadReason,
    LeadSource,
    LeadStep,
    MonitoringStatus,
    Vote,
)
from market.subsidies.intake.objection_models import NewObjection, ObjectionAnswer, ObjectionReason
from market.subsidies.intake.objections import answer_objection, find_by_receipt, object_to_notice
from market.subsidies.intake.persons import GivenPersons
from market.subsidies.intake.report import NewLead, apply_for_household, report_lead
from market.subsidies.intake.take_step import LeadStepRequest, take_step, withdraw_application
from market.subsidies.intake.views import get_lead, list_household_members

_MIN_SPLITTING = 4
_ELSEWHERE = "130630"
"""Another county: its identity numbers are in nobody's household of the sample."""
_TAKERS = {
    LeadStep.VISIT: "cun",
    LeadStep.MATCH: "gan",
    LeadStep.CONFIRM: "cun",
    LeadStep.REVIEW: "zhen",
    LeadStep.DECIDE: "xian",
}
_OPINIONS = {
    LeadStep.VISIT: "样例：入户看过，情况属实",
    LeadStep.MATCH: "样例：没有车，没有商品房，没有人领财政工资",
    LeadStep.CONFIRM: "样例：评议会上都说实在",
    LeadStep.REVIEW: "样例：公示满了，没有异议",
    LeadStep.DECIDE: "样例：材料齐全，同意",
}
FIND_ACCOUNT = Query(UUID, "SELECT id FROM accounts WHERE phone_index = :phone_index AND closed_at IS NULL")


class _SampleObjection(Struct, frozen=True):
    """An objection made and answered so many days before today; `answer` is none while it waits."""

    reason: ObjectionReason
    text: str
    made: int
    answer: ObjectionAnswer | None = None
    reply: str = ""


class _SampleLead(Struct, frozen=True):
    """A lead with the day of each step, in days before today; the steps are taken in their order.

    An objection follows the village's notice.
    """

    new: NewLead
    household: SampleHousehold | None
    steps: tuple[tuple[LeadStep, int, str], ...]
    reported: int
    standing: MonitoringStatus | None = None
    new_code: str = ""
    leaving: tuple[int, ...] = ()
    objection: _SampleObjection | None = None


class LeadSimulation:
    """Reports sample leads and takes their steps as the officials of the demo, in the caller's transaction.

    A decision is of the present month, so that the months under way stay as they were calculated.
    """

    def __init__(
        self,
        conn: Connection,
        seal: Seal,
        actors: Mapping[str, Actor],
        register: SampleRegister,
        lines: Sequence[SampleLine],
        *,
        now: datetime,
    ) -> None:
        self._conn = conn
        self._seal = seal
        self._actors = actors
        self._now = now
        self._today = get_business_day(now)
        self._enrolled = {line.household.code for line in lines}
        gone = {death.household.code for death in register.deaths} | {register.split.code}
        # The demo farmer's household is left unchanged.
        self._households = [each for each in register.households[1:] if each.code not in gone]
        self._used: set[str] = set()
        self._villages: set[str] = set()

    async def add_all(self) -> None:
        """Add the leads, oldest first."""
        for lead in sorted([*self._list_leads(), *self._list_older_leads()], key=lambda each: -each.reported):
            await self._walk(lead)
        await self._add_own_applications()

    def _pick(
        self,
        *,
        watched: bool = False,
        enrolled: bool = True,
        members: int = 1,
        village: str = "",
        count: int = 1,
    ) -> list[SampleHousehold]:
        """Return as many households of a village as asked for, that no lead is about; of another village each time."""
        by_village: dict[str, list[SampleHousehold]] = {}
        for each in self._households:
            code = each.village.code
            if (
                each.code not in self._used
                and bool(each.monitoring) is watched
                and (each.code in self._enrolled) is enrolled
                and len(each.members) >= members
                and (code == village or (not village and code not in self._villages))
            ):
                found = by_village.setdefault(code, [])
                found.append(each)
                if len(found) == count:
                    self._used |= {other.code for other in found}
                    self._villages.add(code)
                    return found
        assert village or self._villages, "the sample has households of every sort"
        if not village:
            self._villages.clear()
        return self._pick(watched=watched, enrolled=enrolled, members=members, count=count)

    def _list_leads(self) -> Iterator[_SampleLead]:
        """Yield leads that are new, or whose notice runs."""
        identify, exit_, enrol = LeadKind.IDENTIFY, LeadKind.EXIT, LeadKind.ENROL
        noticed = _walk_until(LeadStep.CONFIRM)
        yield self._about(
            identify, LeadSource.WARNING, LeadReason.EXPENSE, reported=1, note="住院自付多，医保推来的预警"
        )
        yield self._about(identify, LeadSource.CADRE, LeadReason.DISASTER, reported=2, note="雨后院墙倒了")
        yield self._about(
            identify, LeadSource.CADRE, LeadReason.INCOME, reported=4, note="打工的人回来了，收入少了",
            steps=_walk_until(LeadStep.VISIT, (3,)),
        )  # fmt: skip
        yield self._add_new_household()
        yield self._about(
            identify, LeadSource.WARNING, LeadReason.EXPENSE, reported=6, note="教育支出多", tier=1,
            steps=_walk_until(LeadStep.MATCH, (5, 4)),
        )  # fmt: skip
        yield self._about(
            exit_, LeadSource.CADRE, LeadReason.INCOME, reported=5, note="收入稳了一年", village=DEMO_VILLAGE,
            steps=noticed,
            objection=_SampleObjection(ObjectionReason.PROCEDURE, "样例：评议会那天我在村里，没有听说开会", made=1),
        )  # fmt: skip
        yield self._about(
            identify, LeadSource.CADRE, LeadReason.INCOME, reported=6, note="今年没有收成", tier=1, steps=noticed,
            objection=_SampleObjection(
                ObjectionReason.BETTER_OFF, "样例：他家儿子在县里开店", made=1, answer=ObjectionAnswer.UPHELD,
                reply="样例：店开着，收入没有算进来，重新核实",
            ),
        )  # fmt: skip
        yield self._about(
            enrol, LeadSource.CADRE, LeadReason.OTHER, reported=5, note="给老人办的号", line="YD-90001",
            village=DEMO_VILLAGE, steps=noticed,
        )  # fmt: skip
        yield self._about(
            identify, LeadSource.CADRE, LeadReason.PEOPLE, reported=6, note="劳力走了一个", tier=1,
            village=DEMO_VILLAGE, steps=noticed,
        )  # fmt: skip
        yield self._about(
            exit_, LeadSource.CADRE, LeadReason.INCOME, reported=7, note="今年收成好",
            steps=(*noticed, (LeadStep.RETURN, 1, "样例：评议会人数少，请再开一次")),
        )  # fmt: skip
        yield self._add_merge()

    def _list_older_leads(self) -> Iterator[_SampleLead]:
        """Yield leads whose notice has ended, and those that were decided or rejected."""
        identify, enrol = LeadKind.IDENTIFY, LeadKind.ENROL
        yield self._add_split()
        yield self._about(
            enrol, LeadSource.CADRE, LeadReason.OTHER, reported=14, note="新办的号", line="LT-90001",
            steps=_walk_until(LeadStep.REVIEW),
            objection=_SampleObjection(
                ObjectionReason.NOT_LIVING, "样例：好几年没有见过他", made=6, answer=ObjectionAnswer.DISMISSED,
                reply="样例：人在村里住，赶集天天见；邻居三家都说在",
            ),
        )  # fmt: skip
        done = _walk_until(LeadStep.DECIDE)
        yield self._about(
            LeadKind.EXIT, LeadSource.CADRE, LeadReason.INCOME, reported=13, note="在县里上班一年了", steps=done
        )
        yield self._about(
            identify, LeadSource.WARNING, LeadReason.EXPENSE, reported=14, note="看病欠了债", tier=1, steps=done
        )
        yield self._about(
            enrol, LeadSource.CADRE, LeadReason.OTHER, reported=15, note="换了运营商，重新办", line="DX-90001",
            steps=done,
        )  # fmt: skip
        yield self._about(
            identify, LeadSource.CADRE, LeadReason.OTHER, reported=10, note="说日子紧",
            steps=(*_walk_until(LeadStep.VISIT), (LeadStep.REJECT, 6, "样例：名下有车，不合条件，已当面说清")),
        )  # fmt: skip

    def _about(
        self,
        kind: LeadKind,
        source: LeadSource,
        reason: LeadReason,
        *,
        reported: int,
        note: str,
        steps: tuple[tuple[LeadStep, int, str], ...] = (),
        tier: int | None = None,
        line: str = "",
        village: str = "",
        objection: _SampleObjection | None = None,
    ) -> _SampleLead:
        enrols = kind is LeadKind.ENROL
        [household] = self._pick(watched=kind is LeadKind.EXIT, enrolled=not enrols, village=village)
        new = NewLead(
            kind=kind, source=source, reason=reason, note=f"样例：{note}", household_code=household.code,
            line_code=line, programme_code=P1 if enrols else "",
        )  # fmt: skip
        sudden = MonitoringStatus(registered=household.registered, monitoring="突发严重困难户", tier=tier or 1)
        return _SampleLead(
            new, household, steps, reported, standing=sudden if kind is LeadKind.IDENTIFY else None,
            leaving=(1,) if enrols else (), objection=objection,
        )  # fmt: skip

    def _add_new_household(self) -> _SampleLead:
        """Return the lead of a family that is not in the register, which has been visited."""
        [neighbour] = self._pick()
        family = tuple(
            LeadMember(name, make_identity_number(_ELSEWHERE, born_on, sequence=sequence), relation)
            for name, born_on, sequence, relation in (
                ("样例沈丁卯", date(1961, 4, 12), 1, "户主"),
                ("样例韩戊辰", date(1963, 9, 3), 2, "配偶"),
            )
        )
        new = NewLead(
            kind=LeadKind.IDENTIFY, source=LeadSource.CADRE, reason=LeadReason.DISASTER,
            note="样例：外地回来住的一户，房子塌了一间", village_code=neighbour.village.code,
            persons=GivenPersons(added=family),
        )  # fmt: skip
        return _SampleLead(new, None, _walk_until(LeadStep.VISIT, (2,)), 3)

    def _add_merge(self) -> _SampleLead:
        joining, into = self._pick(count=2)
        new = NewLead(
            kind=LeadKind.MERGE, source=LeadSource.CADRE, reason=LeadReason.PEOPLE, note="样例：老人搬来一起住",
            household_code=joining.code, into_code=into.code,
        )  # fmt: skip
        return _SampleLead(new, joining, _walk_until(LeadStep.CONFIRM), 6)

    def _add_split(self) -> _SampleLead:
        [household] = self._pick(members=_MIN_SPLITTING)
        new = NewLead(
            kind=LeadKind.SPLIT, source=LeadSource.CADRE, reason=LeadReason.PEOPLE, note="样例：儿子成家单过",
            household_code=household.code,
        )  # fmt: skip
        numbers = tuple(each.member_number for each in household.members[2:])
        return _SampleLead(
            new, household, _walk_until(LeadStep.REVIEW), 14, new_code=f"{household.code}-3", leaving=numbers
        )

    def _compute_moment(self, days: int, minutes: int = 0) -> datetime:
        """Return the moment of a step so many days before today, in the morning, or now if that is earlier."""
        day = get_day_start(self._today - timedelta(days=days))
        return min(day + timedelta(hours=9, minutes=minutes), self._now)

    async def _walk(self, lead: _SampleLead) -> None:
        conn, seal = self._conn, self._seal
        lead_id = await report_lead(
            conn, seal, self._actors["gan"], DEMO_COUNTY, lead.new, now=self._compute_moment(lead.reported)
        )
        visited = GivenPersons()
        if lead.household is not None and lead.leaving:
            members = await list_household_members(conn, seal, DEMO_COUNTY, lead.household.code, day=self._today)
            chosen = [each for each in members if each.number in lead.leaving]
            heads = ["户主", *("家庭成员" for _ in chosen[1:])] if lead.new.kind is LeadKind.SPLIT else []
            visited = GivenPersons(tuple(each.person_id for each in chosen), tuple(heads))
        for position, (step, days, opinion) in enumerate(lead.steps, 1):
            day = min(days, self._today.day - 1) if step is LeadStep.DECIDE else days
            moment = self._compute_moment(day, position * 20)
            if step is LeadStep.CONFIRM and lead.new.kind is LeadKind.ENROL:
                await record_consent_photo(
                    conn, seal, self._actors["cun"], DEMO_COUNTY, lead_id=lead_id, photo=await _render_signed_paper(),
                    given_on=get_business_day(moment), now=moment,
                )  # fmt: skip
            request = LeadStepRequest(step=step, opinion=opinion or _OPINIONS[step])
            match step:
                case LeadStep.VISIT:
                    request = replace(request, persons=visited)
                case LeadStep.MATCH:
                    request = replace(request, new_code=lead.new_code, standing=lead.standing)
                case LeadStep.CONFIRM:
                    request = replace(request, vote=Vote(attended=11, agreed=9 if position % 2 else 10))
                case _:
                    pass
            handle = _TAKERS.get(step) or ("zhen" if step is LeadStep.RETURN else "gan")
            await take_step(conn, seal, self._actors[handle], lead_id, request, county=DEMO_COUNTY, now=moment)
            if step is LeadStep.CONFIRM and lead.objection is not None:
                await self._object(lead_id, lead.objection)

    async def _object(self, lead_id: UUID, objection: _SampleObjection) -> None:
        """Object to the notice of a lead, and answer it as the township the day after."""
        conn, seal, now = self._conn, self._seal, self._compute_moment(objection.made)
        lead = await get_lead(conn, seal, lead_id, (DEMO_COUNTY,))
        new = NewObjection(number=lead.number, reason=objection.reason, text=objection.text)
        received = await object_to_notice(conn, seal, lead.village_code, new, recorder=None, now=now)
        if objection.answer is not None:
            _, case_id = await find_by_receipt(conn, received.receipt)
            await answer_objection(
                conn, seal, self._actors["zhen"], DEMO_COUNTY, case_id, answer=objection.answer, text=objection.reply,
                now=self._compute_moment(objection.made - 1),
            )  # fmt: skip

    async def _add_own_applications(self) -> None:
        """Apply as the sample's newcomer, who withdrew an earlier application."""
        conn, seal = self._conn, self._seal
        account_id = await FIND_ACCOUNT.one(conn, phone_index=seal.index(NEWCOMER_PHONE))
        actor = await find_actor_by_id(conn, AccountId(account_id), second_factor=False, day=self._today)
        assert actor is not None, "the shop is loaded first, with the newcomer"
        for days, words in ((9, "样例：老人一个人住，想办减免"), (1, "样例：号码办好了，再申请一次")):
            lead_id = await apply_for_household(
                conn, seal, actor, village_code=DEMO_VILLAGE, note=words, now=self._compute_moment(days)
            )
            if days > 1:
                await withdraw_application(conn, seal, actor, lead_id, now=self._compute_moment(days - 1))


def _walk_until(last: LeadStep, days: tuple[int, ...] = ()) -> tuple[tuple[LeadStep, int, str], ...]:
    """Return the steps up to one with the days before today; by default so that the notice runs now, or has ended."""
    usual = {LeadStep.CONFIRM: (4, 3, 2), LeadStep.REVIEW: (12, 11, 9, 3), LeadStep.DECIDE: (12, 11, 9, 3, 1)}
    steps = list(_TAKERS)[: list(_TAKERS).index(last) + 1]
    return tuple((step, each, "") for step, each in zip(steps, days or usual.get(last, (8,)), strict=True))


async def _render_signed_paper() -> bytes:
    """Return the photo of a signed sheet as it is stored: grey lines of text and a signature."""
    paper = Image.new("L", (480, 640), 240)
    draw = ImageDraw.Draw(paper)
    for line in range(8):
        draw.rectangle((50, 80 + line * 44, 430 - (line % 3) * 60, 92 + line * 44), fill=170)
    draw.line([(280, 540), (310, 510), (330, 550), (360, 515), (390, 545)], fill=30, width=4)
    written = io.BytesIO()
    paper.save(written, "JPEG")
    _, _, pictures = await asyncio.to_thread(render_photo, written.getvalue())
    return pictures[-1]
